"""Names of repositories and tags, as the distribution specification writes them."""

from __future__ import annotations

import pytest

from repositories.errors import NameInvalid
from repositories.oci import names


@pytest.mark.parametrize(
    "name",
    [
        "acme/app",
        "a/b",
        "0/1",
        "acme/a-b",
        "acme/a--b",
        "acme/a_b",
        "acme/a__b",
        "acme/a.b",
        "a/b/c/d/e",
        "x/" + "y" * 253,
    ],
)
def test_a_name_of_components_is_taken_as_it_is(name: str) -> None:
    assert names.repository(name) == name
    assert names.namespace_of(names.repository(name)) + "/" + names.rest_of(names.repository(name)) == name


def test_a_single_component_is_short_for_the_library() -> None:
    assert names.repository("app") == "library/app"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        "A/b",
        "a/B",
        "a/-b",
        "a/b-",
        "a/b..c",
        "a/b___c",
        "a/b._c",
        "a/.",
        "a/..",
        "a/-/b",
        "a/b c",
        "a/b\n",
        "a/é",
        "a/b\x00",
        "a/b:c",
        "a/b@c",
        "x/" + "y" * 254,
        "y" * 248,
        "a/٣",
    ],
)
def test_what_is_not_a_name_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(NameInvalid) as refused:
        names.repository(name)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("tag", ["latest", "1.0", "_x", "A-b.C_d", "x" * 128, "sha256-abc.sig"])
def test_a_tag_is_taken_as_it_is(tag: str) -> None:
    assert names.tag(tag) == tag


@pytest.mark.parametrize("tag", ["", ".x", "-x", "a/b", "a b", "a\n", "é", "x" * 129, "a:b", "a@b", "a\x00"])
def test_what_is_not_a_tag_is_refused_with_a_sentence(tag: str) -> None:
    with pytest.raises(NameInvalid) as refused:
        names.tag(tag)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("text", ["", "a", "é", "𝄞", "a\x00b", "\ud800", "\udfff\ud800", "x\ud83d"])
def test_any_text_can_be_looked_for(text: str) -> None:
    found = names.searchable(text)
    assert "\x00" not in found
    assert len(found.encode()) >= len(text)
