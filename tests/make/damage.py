"""What happens to stored bytes when nobody looks."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path
from time import time


def object_file(root: Path, key: str) -> Path:
    """The file of a key in a store on files."""
    return root / "data" / key[:2] / key


def flip(file: Path, seed: object = 0) -> None:
    """Turn one bit, always the same one for the same seed; turning it twice undoes it."""
    content = bytearray(file.read_bytes())
    bit = random.Random(f"{seed}").randrange(8 * len(content))
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def age(file: Path, span: timedelta) -> None:
    """Let the file be that old."""
    moment = time() - span.total_seconds()
    os.utime(file, (moment, moment))
