"""How digests, tags, names, ranges and pages are written, and what they mean (distribution-spec 1.1.1; RFC 9110)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from string import ascii_letters, ascii_lowercase, digits

from tests.protocol.model.answers import Refused

#: The hexadecimal digits of a digest.
ALGORITHMS = {"sha256": 64, "sha512": 128}

#: First and last byte of a Range, both included; without the first, the last so many bytes.
Span = tuple[int | None, int | None]


def algorithm_of(digest: str) -> str:
    return digest.partition(":")[0]


def parsed(digest: str) -> str:
    """Errors: Refused."""
    algorithm, _, encoded = digest.partition(":")
    if len(encoded) != ALGORITHMS.get(algorithm) or not set(encoded) <= set(digits + "abcdef"):
        raise Refused(400, "DIGEST_INVALID")
    return digest


def is_tag(text: str) -> bool:
    return 0 < len(text) <= 128 and set(text) <= set(ascii_letters + digits + "_.-") and text[0] not in ".-"


def is_name(text: str) -> bool:
    """Enough of the grammar for the names that are asked here."""
    return text != "" and set(text) <= set(ascii_lowercase + digits + "-/")


def places(spans: Sequence[Span], size: int) -> list[tuple[int, int]]:
    """Half-open places of a Range (RFC 9110, 14.1.2); none for the whole. Errors: Refused, for one that is nowhere."""
    bounds = [
        (max(size - (last or 0), 0), size) if first is None else (first, size if last is None else min(last + 1, size))
        for first, last in spans
    ]
    found = [(start, stop) for start, stop in bounds if start < stop]
    if len(spans) == 1 and not found:
        raise Refused(416, "SIZE_INVALID", headers={"Content-Range": f"bytes */{size}"})
    return found if all(left[1] <= right[0] for left, right in pairwise(found)) else []


def page(names: list[str], n: int | None) -> tuple[list[str], dict[str, str] | None]:
    """The first n, and the query of the next page if there is one; a page of nothing leads nowhere."""
    shown = names if n is None else names[:n]
    more = len(shown) < len(names) and shown
    return shown, {"n": str(n), "last": shown[-1]} if more else None
