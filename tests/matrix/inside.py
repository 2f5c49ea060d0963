"""One request through the whole hub inside this process, as its server would hand it over, and what came back."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction

HOST = "localhost:8000"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: `path` with its query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """A response; header names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @cached_property
    def document(self) -> Any:
        """The JSON in it; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Inside:
    """Sends requests to the hub's own WSGI handler: all of its middleware, its stream, no test client.

    What a request changes in the database is undone as soon as its answer is complete, so that no row of the table
    disturbs the next one. That needs a transaction around it all.
    """

    def __init__(self) -> None:
        # It looks at the database when it is loaded, and closes it: no transaction may be open then.
        self._handler = import_module("hub.wsgi").application

    def send(self, asked: Asked) -> Answer:
        """Ask, and undo what the question did."""
        with transaction.atomic():
            answer = self.keep(asked)
            transaction.set_rollback(True)
        return answer

    def keep(self, asked: Asked) -> Answer:
        """Ask, and leave what the question did."""
        started: list[tuple[str, list[tuple[str, str]]]] = []
        with _connection_kept():
            response = self._handler(_environ(asked), lambda status, headers: started.append((status, headers)))
            try:
                body = b"".join(response)
            finally:
                response.close()
        status, headers = started[0]
        if asked.method == "HEAD":
            body = b""  # a server sends none, whatever it was given
        return Answer(int(status[:3]), tuple((name.lower(), value) for name, value in headers), body)


@contextmanager
def _connection_kept() -> Iterator[None]:
    """Around a request, Django gives up a connection that is not as it should be. An open transaction is not."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


def _environ(asked: Asked) -> dict[str, Any]:
    """As granian fills it in for a request from this computer."""
    parts = urlsplit(asked.path)
    headers = {"Host": HOST, **asked.headers}
    environ: dict[str, Any] = {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(asked.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if asked.body:
        environ["CONTENT_LENGTH"] = str(len(asked.body))
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    return environ
