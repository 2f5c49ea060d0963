"""n, last and the Link header."""

from __future__ import annotations

import pytest

from registry_api import pagination
from registry_api.errors import Refusal
from registry_api.pagination import LIMIT, Page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, Page(LIMIT, "", None)),
        ({"last": "v1"}, Page(LIMIT, "v1", None)),
        ({"n": "0"}, Page(0, "", 0)),
        ({"n": "1000", "last": "a"}, Page(1000, "a", 1000)),
        ({"n": "1000000000"}, Page(LIMIT, "", 1_000_000_000)),
        ({"n": ""}, Page(LIMIT, "", None)),
    ],
)
def test_a_page_is_what_was_asked_within_reason(query: dict[str, str], expected: Page) -> None:
    assert pagination.parse(query) == expected


@pytest.mark.parametrize("query", [{"n": "-1"}, {"n": "ten"}, {"n": "1.5"}, {"n": "٣"}, {"last": "a\0b"}])
def test_nonsense_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        pagination.parse(query)
    assert refused.value.answer.status == 400


def test_the_link_is_relative_and_escaped() -> None:
    page = pagination.parse({"n": "2"})
    assert pagination.link("/v2/a/tags/list", page, "x+y&z") == '</v2/a/tags/list?n=2&last=x%2By%26z>; rel="next"'


def test_the_link_keeps_a_filter_and_adds_no_n() -> None:
    page = pagination.parse({})
    found = pagination.link("/v2/a/referrers/d", page, "sha256:1", artifactType=["a/b", "c"])
    assert found == '</v2/a/referrers/d?last=sha256%3A1&artifactType=a%2Fb&artifactType=c>; rel="next"'
