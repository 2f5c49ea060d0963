"""The names of objects, on disk and in a bucket.

data/9c/9c1f04aa-…            one object; the folder is the first two digits of its key
tails/9c1f04aa-…/00800000-…   what an unfinished one has behind its last whole part, in a bucket only
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KEY = re.compile(_UUID, re.ASCII)
_NAME = re.compile(f"(?:data/[0-9a-f]{{2}}/({_UUID})|tails/({_UUID})/[^/]+)", re.ASCII)


def name_of(key: str) -> str:
    """The name of an object. Errors: ValueError for what is no UUID, so that no key can leave the root."""
    if not _KEY.fullmatch(key):
        raise ValueError("not a storage key")
    return f"data/{key[:2]}/{key}"


def tail_of(key: str, mark: str) -> str:
    """The name of a tail; without a mark, the folder of all tails of the object. Errors: as :func:`name_of`."""
    name_of(key)
    return f"tails/{key}/{mark}"


def key_in(name: str) -> str:
    """The key of the object to which a name belongs; "" for what is no name of ours."""
    found = _NAME.fullmatch(name)
    return (found[1] or found[2]) if found else ""


def file_of(root: Path, key: str) -> Path:
    """The file of a key. Errors: as :func:`name_of`."""
    return root / name_of(key)


def objects_under(root: Path) -> Iterator[os.DirEntry[str]]:
    """The files that are objects, folder by folder."""
    for folder in sorted(root.glob("data/??")):
        with os.scandir(folder) as files:
            yield from (file for file in files if _KEY.fullmatch(file.name))
