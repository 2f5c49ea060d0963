"""The grammar of namespace names, look-alikes and reserved words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import names
from accounts.errors import NameInvalid, NameReserved


@pytest.mark.parametrize("name", ["abc", "a1b", "a-b", "a.b_c-d", "123", "x" * 39, "a0-" + "b" * 36])
def test_names_that_are_good(name: str) -> None:
    assert names.check(name) == name


@pytest.mark.parametrize("name", ["", "a", "ab", "x" * 40, "x" * 10_000])
def test_names_have_three_to_thirty_nine_characters(name: str) -> None:
    with pytest.raises(NameInvalid, match="3 to 39"):
        names.check(name)


@pytest.mark.parametrize(
    "name",
    [
        "Abc",
        "a b",
        "-ab",
        "ab-",
        "a--b",
        "a-_b",
        "a..b",
        "a/b",
        "a@b.c",
        "naïve",
        "\u0430cme",
        "acme\n",
        "ac\u200bme",
        "a+b",
    ],
)
def test_names_outside_the_grammar(name: str) -> None:
    with pytest.raises(NameInvalid, match="lower-case letters and digits"):
        names.check(name)


@pytest.mark.parametrize("name", ["admin", "library", "api", "token", "adm1n", "ad.min", "l1brary", "l0gin"])
def test_reserved_names_and_what_looks_like_them(name: str) -> None:
    with pytest.raises(NameReserved, match="reserved"):
        names.check(name)
    assert names.check(name, reserved_allowed=True) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("acme", "acrne"),
        ("acme", "a-c.m_e"),
        ("goodname", "g00dname"),
        ("will", "w1ll"),
        ("will", "vvill"),
        ("ilil", "1111"),
        ("sos", "5o5"),
        ("mill", "rn1l-l"),
    ],
)
def test_look_alikes_share_a_skeleton(one: str, other: str) -> None:
    assert names.skeleton(one) == names.skeleton(other)


@pytest.mark.parametrize(("one", "other"), [("anna", "hanna"), ("bob", "rob"), ("dev", "devs"), ("acme", "acne")])
def test_different_names_do_not(one: str, other: str) -> None:
    assert names.skeleton(one) != names.skeleton(other)


@given(st.from_regex(r"[a-z0-9]+([-_.][a-z0-9]+)*", fullmatch=True))
def test_a_skeleton_folds_completely(name: str) -> None:
    folded = names.skeleton(name)
    assert names.skeleton(folded) == folded
    assert len(folded) <= len(name)


def test_every_reserved_word_is_kept() -> None:
    assert all(names.is_reserved(word) for word in names.RESERVED)
