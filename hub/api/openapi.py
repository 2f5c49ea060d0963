"""The OpenAPI document of REST, and the same as rows for a page. Heavy: `hub.api.urls` imports it when it is asked for.

What a method takes, answers and asks of its caller is read from its `Operation`; shapes come from its serializers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from accounts.api.base import BODY_REFUSALS, ApiView, Operation, operation_of
from accounts.names import NAME_MAX
from accounts.scopes import TokenScope
from hub.api import errors

_INTRODUCTION = """\
Everything that the pages do, for programs: JSON in and out, one error shape, lists in pages.

Send an access token, made under Settings: `Authorization: Bearer berth_pat_…`, or Basic with the user name and the \
token as password. A page's own session works too; what changes something then needs the header X-CSRFToken.

A repository is addressed by its full name, its slashes as they are or written %2F; what belongs to it follows `/-/`, \
which can be no part of a name. A private repository and one that does not exist give the same answer.

An error is `{"error": {"code": "…", "message": "…"}}`: the code for programs, a whole sentence for people; `fields` \
says what is wrong with which field.
"""
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
#: Parts of addresses: their schema, their meaning, an example.
ADDRESS: dict[str, tuple[dict[str, Any], str, str]] = {
    "namespace": (
        {"type": "string", "pattern": r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$", "minLength": 3, "maxLength": NAME_MAX},
        "A namespace's name.",
        "acme",
    ),
    "repository": (
        {"type": "string", "pattern": rf"^{_COMPONENT}(?:/{_COMPONENT})*$", "maxLength": 255},
        "A repository's full name, with its namespace.",
        "acme/app",
    ),
    "tag": ({"type": "string", "pattern": r"^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$"}, "A tag.", "1.0"),
    "token": ({"type": "integer", "minimum": 1, "maximum": 10**18 - 1}, "An access token's id.", "42"),
}
_VERBS = {"GET": "read", "POST": "create", "PATCH": "change", "DELETE": "delete"}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "additionalProperties": False,
            "properties": {
                "code": {"type": "string", "description": "For programs."},
                "message": {"type": "string", "description": "A whole sentence for people."},
                "fields": {
                    "type": "object",
                    "description": "What is wrong, by field of the input.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
                "rule": {"type": "string", "description": "Which quota was exceeded."},
                "used": {"type": "integer", "description": "How much of it is used."},
                "limit": {"type": "integer", "description": "How much there is."},
            },
        }
    },
}
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A personal access token."},
    "basic": {"type": "http", "scheme": "basic", "description": "The user name, and an access token as password."},
    "session": {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME, "description": "A page's."},
}


class Description(AutoSchema):
    """Describes a method of an `ApiView` by its `Operation`."""

    @property
    def facts(self) -> Operation:
        found = operation_of(type(self.view), self.method)
        assert found is not None, f"{self.view} has no @operation on {self.method}"  # noqa: S101
        return found

    def get_operation_id(self) -> str:
        verb = "list" if self.facts.many else _VERBS[self.method]
        return "_".join([*(word for word in self._tokenize_path() if word != "-"), verb])

    def get_tags(self) -> list[str]:
        view = self.view
        assert isinstance(view, ApiView)  # noqa: S101
        return [view.group]

    def get_summary(self) -> str:
        return super().get_description().partition("\n")[0]

    def get_description(self) -> str:  # type: ignore[override]
        text = super().get_description().partition("\n")[2].strip()
        facts = self.facts
        if facts.identity and facts.scope != TokenScope.PUBLIC_READ:
            text += f"\n\nAn access token needs the scope `{facts.scope}`"
            text += " and no limit to repositories." if facts.unlimited else "."
        return text.strip()

    def get_auth(self) -> list[dict[str, Any]]:
        known: list[dict[str, Any]] = [{name: []} for name in _SCHEMES]
        return known if self.facts.identity else [*known, {}]

    def get_override_parameters(self) -> list[Any]:
        found: list[Any] = [
            OpenApiParameter(
                name, type={**schema, "example": example}, location=OpenApiParameter.PATH, description=meaning
            )
            for name, (schema, meaning, example) in ADDRESS.items()
            if f"{{{name}}}" in self.path
        ]
        return [*found, self.facts.asks] if self.facts.asks else found

    def get_request_serializer(self) -> Any:
        return self.facts.takes

    def get_response_serializers(self) -> Any:
        facts = self.facts
        good = OpenApiResponse(self._shape(facts), description="Done." if facts.status == 204 else "As asked.")
        refused: dict[int, list[str]] = {}
        for code in sorted(set(_refusals(facts, self.method))):
            refused.setdefault(_STATUS[code], []).append(f"`{code}`")
        error = {"$ref": "#/components/schemas/Error"}
        bad = {status: OpenApiResponse(error, description=", ".join(codes)) for status, codes in refused.items()}
        return {facts.status: good, **dict(sorted(bad.items()))}

    def _shape(self, facts: Operation) -> Any:
        if not facts.many or facts.answers is None:
            return facts.answers
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Rows on all pages."},
                "next": {**link, "description": "The next page; null on the last."},
                "previous": {**link, "description": "The page before; null on the first."},
                "results": {"type": "array", "items": self.resolve_serializer(facts.answers, "response").ref},
            },
        }

    def _postprocess_serializer_schema(self, schema: Any, serializer: Any, direction: Any) -> Any:
        schema = super()._postprocess_serializer_schema(schema, serializer, direction)  # type: ignore[no-untyped-call]
        example = getattr(serializer, "example", None)
        return {**schema, "additionalProperties": False, "example": example} if example else schema


def _refusals(facts: Operation, method: str) -> Iterator[str]:
    """Codes of the errors that a method may answer: its own, and those its facts imply."""
    yield from (*facts.refuses, "credentials_rejected", "rate_limited")
    if facts.identity:
        yield "identity_needed"
    if facts.identity and facts.scope != TokenScope.PUBLIC_READ:
        yield "scope_insufficient"
    if facts.unlimited:
        yield "token_limited"
    if method != "GET":
        yield "csrf_failed"
    if facts.asks or facts.takes:
        yield "validation_failed"
    if facts.many:
        yield "page_unknown"
    if facts.takes:
        yield from BODY_REFUSALS


_STATUS = {answer.code: answer.status for answer in errors.TABLE.values()}


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document, made once in a process."""
    generator: Any = SchemaGenerator(patterns=[path("api/v1/", include("hub.api.addresses"))])  # type: ignore[no-untyped-call]
    found: dict[str, Any] = _plain(generator.get_schema(request=None, public=True))
    for schema in found["components"]["schemas"].values():
        schema.pop("description", None)  # the class's docstring, which speaks to us
    found["info"] = {"title": settings.SITE_NAME, "version": "v1", "description": _INTRODUCTION}
    found["servers"] = [{"url": settings.HUB_PUBLIC_URL}]
    found["components"]["schemas"]["Error"] = _ERROR
    found["components"]["securitySchemes"] = _SCHEMES
    return found


def _plain(found: Any) -> Any:
    """Without spectacular's private marks, and without its `oneOf` of a text and the empty text: a text that may be
    empty matches both, so by the letter it would match neither."""
    if isinstance(found, list):
        return [_plain(each) for each in found]
    if not isinstance(found, dict):
        return found
    rest = {name: _plain(each) for name, each in found.items() if name not in {"oneOf", "x-spec-enum-id"}}
    return rest | _plain(found["oneOf"][0]) if "oneOf" in found else rest
