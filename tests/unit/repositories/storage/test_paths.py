"""No key leads out of the root."""

from __future__ import annotations

from pathlib import Path

import pytest

from repositories.storage import paths

ROOT = Path("/srv/blobs")


def test_an_object_lies_below_the_first_two_digits_of_its_key() -> None:
    key = "9c1f04aa-27b1-4c55-8e9d-0123456789ab"
    assert paths.file_of(ROOT, key) == ROOT / "data" / "9c" / key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "..",
        "../../etc/passwd",
        "9c1f04aa",
        "9C1F04AA-27B1-4C55-8E9D-0123456789AB",
        "/" * 36,
        "9c1f04aa-27b1-4c55-8e9d-0123456789ab\n",
        "9c1f04aa-27b1-4c55-8e9d-0123456789ab/x",
        "٣c1f04aa",
    ],
)
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="not a storage key"):
        paths.file_of(ROOT, key)
    with pytest.raises(ValueError, match="not a storage key"):
        paths.tail_of(key, "mark")
    assert paths.key_in(f"data/9c/{key}") == paths.key_in(f"tails/{key}/mark") == ""


def test_a_name_tells_to_which_object_it_belongs() -> None:
    key = "9c1f04aa-27b1-4c55-8e9d-0123456789ab"
    assert paths.key_in(paths.name_of(key)) == paths.key_in(paths.tail_of(key, "mark")) == key
    for foreign in ("", "data/", f"data/{key}", f"tails/{key}", f"tails/{key}/", f"{key}", f"data/9c/{key}/x"):
        assert paths.key_in(foreign) == ""
