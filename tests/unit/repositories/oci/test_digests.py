"""Digests: parsed strictly, packed small, computed as the specification's examples are."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from repositories.errors import DigestInvalid
from repositories.oci import digests

HELLO = "sha256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"


def test_the_digest_of_known_content() -> None:
    assert str(digests.compute(b"hello world")) == HELLO
    assert digests.compute(iter([b"hello ", b"world"])) == digests.parse(HELLO)
    assert digests.parse(HELLO).short == "sha256:b94d27b9934d"


def test_sha512_is_known_too() -> None:
    digest = digests.compute(b"hello world", "sha512")
    assert digest.hex == hashlib.sha512(b"hello world").hexdigest()
    assert digests.parse(str(digest)) == digest


@given(some.binary(), some.sampled_from(["sha256", "sha512"]))
def test_packing_loses_nothing(content: bytes, algorithm: str) -> None:
    digest = digests.compute(content, algorithm)
    assert digests.unpack(digest.pack()) == digest
    assert digests.parse(str(digest)) == digest
    assert len(digest.pack()) in {33, 65}


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "sha256",
        "sha256:",
        "sha256:abc",
        HELLO + "0",
        HELLO[:-1],
        HELLO.upper(),
        HELLO.replace("b9", "B9"),
        HELLO + "\n",
        " " + HELLO,
        HELLO.replace("sha256", "md5"),
        "sha512:" + HELLO[7:],
        "sha256:" + "g" * 64,
        "sha256:" + "٣" * 64,
        "../" + HELLO,
        "x" * 10_000,
        "\x00",
        "\ud800",
    ],
)
def test_what_is_not_a_digest_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(DigestInvalid) as refused:
        digests.parse(text)
    assert str(refused.value).endswith(".")
    assert len(refused.value.found) <= 300


def test_the_span_of_a_beginning_holds_every_digest_that_begins_so() -> None:
    whole = digests.parse(HELLO)
    for length in (1, 12, 63, 64):
        found = digests.span(HELLO[: 7 + length])
        assert found is not None
        assert found[0] <= whole <= found[1]
        assert found[0].pack() <= whole.pack() <= found[1].pack()
    assert digests.span("sha256:ffff") != digests.span("sha256:fff")


@pytest.mark.parametrize("text", ["", "sha256", "sha256:", "sha256:xyz", "md5:abc", HELLO + "0", "b94d27b9934d"])
def test_what_begins_no_digest_has_no_span(text: str) -> None:
    assert digests.span(text) is None


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(DigestInvalid):
        digests.hasher("md5")
