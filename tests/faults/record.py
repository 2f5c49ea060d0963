"""What a client knows: each request is written down before it is sent and when its answer is there, outside the hub.

From that follows what may be true afterwards. Acknowledged is certain; a request without an answer, or one that the hub
says has failed, may or may not have happened.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

HERE, GONE = "here", "gone"
#: A repository's name and a digest, or a tag.
Place = tuple[str, str]


class Unanswered(Exception):
    """The request had no answer, or one that says it failed: whoever tells the story stops here."""


@dataclass
class Record:
    """`manifests`: what may be true of each, by place; `tags`: the digests that each may point to, "" for none;
    `contents`: the bytes behind every digest, `parts`: the blobs of a manifest."""

    file: Path
    manifests: dict[Place, set[str]] = field(default_factory=dict)
    tags: dict[Place, set[str]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    parts: dict[str, list[str]] = field(default_factory=dict)
    requests: int = 0

    def ask(self, what: str, send: Callable[[], httpx.Response], *, ok: int) -> httpx.Response:
        """Send, and write it down. Errors: Unanswered; AssertionError for an answer that is neither `ok` nor the
        hub's own fault, told in the registry's words."""
        self.requests += 1
        self._write(what, "asked")
        try:
            response = send()
        except httpx.TransportError as error:
            self._write(what, "no answer")
            raise Unanswered(what) from error
        self._write(what, str(response.status_code))
        if response.status_code >= 500:
            assert response.json()["errors"][0]["message"], what
            raise Unanswered(f"{what}: {response.status_code}")
        assert response.status_code == ok, f"{what}: {response.status_code} {response.text}"
        return response

    def maybe(self, states: dict[Place, set[str]], place: Place, value: str, before: str) -> None:
        """Until there is an answer, both may be true."""
        states[place] = states.get(place, {before}) | {value}

    def _write(self, what: str, outcome: str) -> None:
        with self.file.open("ab") as file:
            file.write(json.dumps([self.requests, what, outcome]).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
