"""The tree on disk.

<root>/data/9c/9c1f04aa-…   one object; the folder is the first two digits of its key
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def file_of(root: Path, key: str) -> Path:
    """The file of a key. Errors: ValueError for what is no UUID, so that no key can leave the root."""
    if not _KEY.fullmatch(key):
        raise ValueError("not a storage key")
    return root / "data" / key[:2] / key


def objects_under(root: Path) -> Iterator[os.DirEntry[str]]:
    """The files that are objects, folder by folder."""
    for folder in sorted(root.glob("data/??")):
        with os.scandir(folder) as files:
            yield from (file for file in files if _KEY.fullmatch(file.name))
