"""What is left of a request's body when its answer is ready: the answer goes out first, then the rest is read away.

A server that hangs up on bytes it has not read makes the client's system throw away the answer that was on its way
(RFC 9112, 9.6). So a rest is read, up to a limit; a long or slow one is cut off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.types import InputStream, StartResponse, WSGIApplication

_DRAIN_BYTES = 2**20
_DRAIN_SECONDS = 2.0
_DRAIN_BLOCK = 4 * 2**10


class Body:
    """The server's stream, which remembers how much was read of it. `length` is None for a chunked body."""

    def __init__(self, source: InputStream, length: int | None, *, waits: bool) -> None:
        self._source = source
        self._length = length
        self._waits = waits
        self._taken = 0
        self._ended = False

    @classmethod
    def announced_in(cls, environ: dict[str, Any]) -> Body | None:
        """The body of a request; None when there is none."""
        chunked = "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower()
        text = str(environ.get("CONTENT_LENGTH") or "0")
        length = int(text) if text.isascii() and text.isdigit() else 0
        if not chunked and not length:
            return None
        waits = environ.get("HTTP_EXPECT", "").lower() == "100-continue"
        return cls(environ["wsgi.input"], None if chunked else length, waits=waits)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer at the end only."""
        block = self._source.read(size)
        self._taken += len(block)
        self._ended = len(block) < size
        return block

    def readline(self, size: int = -1) -> bytes:
        """A line, as :meth:`read` would give it."""
        line = self._source.readline(size)
        self._taken += len(line)
        self._ended = not line
        return line

    @property
    def is_over(self) -> bool:
        """Whether everything was read."""
        return self._ended or self._taken == self._length

    @property
    def is_unwanted(self) -> bool:
        """Whether nobody will read it to its end: too much is left, or the client waits to be asked for it."""
        too_long = self._length is not None and self._length - self._taken > _DRAIN_BYTES
        return not self.is_over and (too_long or self._is_held_back)

    def drain(self) -> None:
        """Read what is left, within the limits. In small blocks: a read waits until its block is full."""
        left, deadline = _DRAIN_BYTES, time.monotonic() + _DRAIN_SECONDS
        while left > 0 and not self.is_over and not self._is_held_back and time.monotonic() < deadline:
            left -= len(self.read(min(left, _DRAIN_BLOCK)))

    @property
    def _is_held_back(self) -> bool:
        return self._waits and not self._taken


class Answer:
    """A response, and after it what is left of the request's body: by then the client has the answer."""

    def __init__(self, response: Iterable[bytes], body: Body) -> None:
        self._response = response
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._response)

    def close(self) -> None:
        """The server calls this when it has sent everything, or cannot."""
        if close := getattr(self._response, "close", None):
            close()
        self._body.drain()


class Draining:
    """An application, and around it what becomes of bodies that it does not read."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        body = Body.announced_in(environ)
        if body is None:
            return self._application(environ, start_response)

        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[[bytes], object]:
            return start_response(status, [*headers, ("Connection", "close")] if body.is_unwanted else headers, *more)

        environ["wsgi.input"] = body
        return Answer(self._application(environ, started), body)
