"""The OpenAPI document as rows for a page: groups of operations, each with what goes in, what comes out, an example."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from hub.api import openapi


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter, or a field of a body or an answer; the fields inside follow with a longer name.

    `optional`: it may be left out, and nothing stands in for it.
    """

    name: str
    kind: str
    optional: bool
    meaning: SafeString


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    meaning: SafeString


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    title: str
    text: SafeString
    anonymous: bool
    parameters: list[Row]
    body: list[Row]
    result: list[Row]
    answers: list[Answer]
    example: str


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    operations: list[Operation]


def introduction() -> SafeString:
    """The document's own words."""
    return _prose(openapi.document()["info"]["description"])


def groups() -> list[Group]:
    """All operations, by resource, in the document's order."""
    found: dict[str, list[Operation]] = {}
    for path, methods in openapi.document()["paths"].items():
        for method, facts in methods.items():
            found.setdefault(facts["tags"][0], []).append(_operation(path, method.upper(), facts))
    return [Group(title, operations) for title, operations in found.items()]


def _operation(path: str, method: str, facts: dict[str, Any]) -> Operation:
    good = next(status for status in facts["responses"] if status.startswith("2"))
    body = _content(facts.get("requestBody", {}))
    return Operation(
        id=facts["operationId"],
        method=method,
        path=path,
        title=facts["summary"],
        text=_prose(facts.get("description", "")),
        anonymous={} in facts["security"],
        parameters=[_row(one["name"], one["schema"] | one, bool(one.get("required"))) for one in _parameters(facts)],
        body=list(_fields(body)),
        result=list(_fields(_content(facts["responses"][good]))),
        answers=[Answer(status, _code(one["description"])) for status, one in facts["responses"].items()],
        example=_example(path, method, facts, body),
    )


def _parameters(facts: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = facts.get("parameters", [])
    return found


def _content(message: dict[str, Any]) -> dict[str, Any]:
    """The schema of a body; empty when there is none."""
    found: dict[str, Any] = message.get("content", {}).get("application/json", {}).get("schema", {})
    return _resolved(found)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with the component it refers to; spectacular wraps a reference that has a text of its own."""
    for part in (schema, *schema.get("allOf", [])):
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            return {**openapi.document()["components"]["schemas"][name], **schema}
    return schema


def _fields(schema: dict[str, Any], prefix: str = "") -> Iterator[Row]:
    for name, found in schema.get("properties", {}).items():
        field = _resolved(found)
        yield _row(prefix + name, field, name in schema.get("required", []))
        inner = _resolved(field.get("items", {}))
        yield from _fields(inner, f"{prefix}{name}[].")


def _row(name: str, schema: dict[str, Any], needed: bool) -> Row:
    optional = not needed and not schema.get("default")
    return Row(name, kind=_kind(_resolved(schema)), optional=optional, meaning=_code(schema.get("description", "")))


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words: ``text, at most 64 characters``."""
    words = {"date-time": "moment", "uri": "address"}.get(schema.get("format", ""))
    words = words or {"string": "text", "integer": "number", "array": "list", "object": "object"}[schema["type"]]
    if "enum" in schema:
        words = " or ".join(str(value) for value in schema["enum"] if value is not None)
    if "minimum" in schema and "maximum" in schema:
        words += f" from {schema['minimum']:,} to {schema['maximum']:,}"
    if "maxLength" in schema:
        words += f", at most {schema['maxLength']} characters"
    if schema.get("nullable"):
        words += ", or null"
    return words + (f"; {schema['default']} when left out" if schema.get("default") else "")


def _example(path: str, method: str, facts: dict[str, Any], body: dict[str, Any]) -> str:
    for name, (_, _, example) in openapi.ADDRESS.items():
        path = path.replace(f"{{{name}}}", example)
    for one in _parameters(facts):
        if one["in"] == "query" and one.get("required"):
            path += f"?{one['name']}={openapi.ADDRESS['repository'][2]}"
    parts = ["curl" if method == "GET" else f"curl -X {method}"]
    if {} not in facts["security"]:
        parts[0] += ' -H "Authorization: Bearer $BERTH_TOKEN"'
    if body:
        parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(body['example']))}"]
    return " \\\n  ".join([*parts, shlex.quote(settings.HUB_PUBLIC_URL + path)])


def _prose(text: str) -> SafeString:
    paragraphs = (part.strip() for part in text.split("\n\n"))
    return format_html_join("", "<p>{}</p>", ((_code(part),) for part in paragraphs if part))


def _code(text: str) -> SafeString:
    """Text with `code` between backticks."""
    parts = (format_html("<code>{}</code>", part) if odd % 2 else part for odd, part in enumerate(text.split("`")))
    return format_html_join("", "{}", ((part,) for part in parts))
