"""Digests: parse, compute, pack (image-spec 1.1, "Digests"). sha256 and sha512 are supported."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from repositories.errors import DigestInvalid

_GRAMMAR = re.compile(r"([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)", re.ASCII)
_HEX = {"sha256": 64, "sha512": 128}
_CODES = {"sha256": 1, "sha512": 2}
_ALGORITHMS = {code: name for name, code in _CODES.items()}


class Hasher(Protocol):
    """What hashlib's objects offer."""

    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """``algorithm:hex``, always of a supported algorithm and of its length."""

    algorithm: str
    hex: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    @property
    def short(self) -> str:
        """``sha256:9c1f04aa27b1``, for people."""
        return f"{self.algorithm}:{self.hex[:12]}"

    def pack(self) -> bytes:
        """One byte for the algorithm, then the digest's bytes: what the database stores."""
        return bytes([_CODES[self.algorithm]]) + bytes.fromhex(self.hex)


def parse(found: str) -> Digest:
    """Errors: DigestInvalid, for what is not a digest or not of a supported algorithm."""
    match = _GRAMMAR.fullmatch(found[:300])
    if not match:
        raise DigestInvalid(found[:300], "This is not a digest.")
    algorithm, encoded = match.groups()
    if algorithm not in _HEX:
        raise DigestInvalid(found[:300], "The digest's algorithm is not supported; use sha256 or sha512.")
    if len(encoded) != _HEX[algorithm] or not re.fullmatch(r"[0-9a-f]+", encoded, re.ASCII):
        raise DigestInvalid(found[:300], f"A {algorithm} digest has {_HEX[algorithm]} lower-case hexadecimal digits.")
    return Digest(algorithm, encoded)


def span(start: str) -> tuple[Digest, Digest] | None:
    """The first and the last digest that begin like ``sha256:9c1f04``; None for what is no beginning of a digest."""
    algorithm, _, encoded = start.partition(":")
    length = _HEX.get(algorithm, 0)
    if len(encoded) > length or not re.fullmatch(r"[0-9a-f]+", encoded, re.ASCII):
        return None
    return Digest(algorithm, encoded.ljust(length, "0")), Digest(algorithm, encoded.ljust(length, "f"))


def unpack(stored: bytes) -> Digest:
    """The inverse of :meth:`Digest.pack`."""
    return Digest(_ALGORITHMS[stored[0]], stored[1:].hex())


def hasher(algorithm: str = "sha256") -> Hasher:
    """A fresh hash of a supported algorithm. Errors: DigestInvalid."""
    if algorithm not in _HEX:
        raise DigestInvalid(algorithm, "The digest's algorithm is not supported; use sha256 or sha512.")
    return hashlib.new(algorithm)


def compute(content: bytes | Iterable[bytes], algorithm: str = "sha256") -> Digest:
    """The digest of bytes, or of the concatenation of chunks."""
    hashing = hasher(algorithm)
    for chunk in [content] if isinstance(content, bytes) else content:
        hashing.update(chunk)
    return Digest(algorithm, hashing.hexdigest())
