"""Bodies: JSON in UTF-8 both ways, at most 1 MiB in, read without trust."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from accounts.api.refusals import BodyTooLarge


class JsonBody(JSONParser):
    """Parses `application/json`. Errors: BodyTooLarge; ParseError for what is not one clear JSON value."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge
        try:
            return json.loads(body.decode(), object_pairs_hook=_without_doubles, parse_constant=_refuse)
        except ValueError as error:
            raise ParseError(f"The body is not JSON in UTF-8: {error}.") from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error


class JsonOnly(DefaultContentNegotiation):
    """Answers JSON whatever `Accept` says: there is one representation."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        only = next(iter(renderers))
        return only, only.media_type or ""


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two parsers may disagree about which of two equal keys counts, so neither does."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")
