"""No namespace can hide a page: the first word of every address is reserved."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import names


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from routes(entry, route)


def first_words() -> set[str]:
    """First segments that are fixed words."""
    words = {route.partition("/")[0] for route in routes(get_resolver())}
    return {word for word in words if word != "-" and re.fullmatch(r"[\w.-]+", word)}


def test_the_first_words_are_found() -> None:
    assert {"v2", "token", "api", "accounts", "explore", "new", "settings"} <= first_words()


def test_every_first_word_of_an_address_is_reserved() -> None:
    words = first_words() | {settings.STATIC_URL.strip("/")}
    assert {word for word in words if not names.is_reserved(word)} == set()
