"""REST as a program uses it: `rest(user)` asks with an access token of that user, `rest()` asks as nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.scopes import TokenScope
from tests.make import people

#: What Django's test client returns; its stubs say less than it can.
Answer = Any


@dataclass
class Rest:
    """Requests to addresses below /api/v1/, all with these headers."""

    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=Client)

    def get(self, path: str, **query: object) -> Answer:
        return self.ask("GET", path, query=query)

    def post(self, path: str, body: object) -> Answer:
        return self.ask("POST", path, body)

    def patch(self, path: str, body: object) -> Answer:
        return self.ask("PATCH", path, body)

    def delete(self, path: str, body: object = None, **query: object) -> Answer:
        return self.ask("DELETE", path, body, query=query)

    def ask(self, method: str, path: str, body: object = None, **more: Any) -> Answer:
        """`body` becomes JSON unless it is bytes; `more`: query, content_type, headers."""
        if body is None:
            body = b""
        return self.client.generic(
            method,
            path if path.startswith("/api/") else f"/api/v1/{path}",
            body if isinstance(body, bytes) else json.dumps(body),
            content_type=more.get("content_type", "application/json"),
            query_params=more.get("query") or None,
            headers={**self.headers, **more.get("headers", {})},
        )


Ask = Callable[..., Rest]


@pytest.fixture
def rest(db: None) -> Ask:
    """`rest(user, scope, repositories)`: with a fresh access token; `rest()`: with nothing."""

    def ask(
        user: User | None = None, scope: TokenScope = TokenScope.ADMIN, repositories: list[str] | None = None
    ) -> Rest:
        if user is None:
            return Rest()
        token = people.access_token(user, scope, repositories)[1]
        return Rest(headers={"Authorization": f"Bearer {token}"})

    return ask


def refused(answer: Answer) -> dict[str, Any]:
    """The error of an answer, which has the one shape and nothing else."""
    assert answer.status_code >= 400, answer.content
    assert answer["Content-Type"] == "application/json"
    body = json.loads(answer.content)
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert {"code", "message"} <= set(error) <= {"code", "message", "fields", "rule", "used", "limit"}
    assert error["message"][-1] in ".…”", error["message"]
    return error
