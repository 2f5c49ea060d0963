"""HTTP/1.1 byte by byte, for tests about framing: the server gets exactly what the test wrote.

with Line(hub) as line:
    line.request("PATCH", location, "Content-Length: 10", bearer=owner.bearer, content=b"12345")
    line.finish()
    assert line.answer().status == 400
    assert line.is_over()
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.live import Hub
from tests.registry import slices

CHUNKED = "Transfer-Encoding: chunked"
_NO_BODY = {100, 204, 304}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; the names of its headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of the first error."""
        return str(json.loads(self.body)["errors"][0]["code"])


class Line:
    """A connection of its own. Nothing waits longer than `patience` seconds: then TimeoutError."""

    def __init__(self, hub: Hub, patience: float = 20) -> None:
        self._host = hub.registry
        self._socket = socket.create_connection(("127.0.0.1", hub.port), timeout=patience)
        self._waiting = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def send(self, *parts: bytes) -> None:
        """Write; a server that has answered and closed need not read it all."""
        with suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                self._socket.sendall(part)

    def request(
        self, method: str, path: str, *headers: str, bearer: Mapping[str, str] | None = None, content: bytes = b""
    ) -> None:
        """Write a head with these header lines and Host, then the content as it stands."""
        given = [f"{name}: {value}" for name, value in (bearer or {}).items()]
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", *given, *headers]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n", content)

    def finish(self) -> None:
        """Say that nothing more comes, and keep listening."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break off at once, as a machine does that loses its power."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def answer(self, method: str = "GET") -> Answer:
        """The next answer; that to HEAD has no body. Errors: EOFError when the server closed without one."""
        status = self._status()
        headers = dict(self._headers())
        length = 0 if method == "HEAD" or status in _NO_BODY else int(headers.get("content-length", "0"))
        assert "transfer-encoding" not in headers, "every answer of the registry knows its length"
        return Answer(status, headers, self._take(length))

    def is_over(self) -> bool:
        """Whether the server has closed the connection without another word."""
        return not self._waiting and not self._more()

    def _status(self) -> int:
        version, status = self._line().split(maxsplit=2)[:2]
        assert version.startswith("HTTP/1.")
        return int(status)

    def _headers(self) -> list[tuple[str, str]]:
        found = []
        while line := self._line():
            name, _, value = line.partition(":")
            found.append((name.lower(), value.strip()))
        return found

    def _line(self) -> str:
        while b"\r\n" not in self._waiting:
            if not self._more():
                raise EOFError(f"the server closed after {self._waiting!r}")
        line, _, self._waiting = self._waiting.partition(b"\r\n")
        return line.decode("latin-1")

    def _take(self, length: int) -> bytes:
        while len(self._waiting) < length:
            if not self._more():
                raise EOFError(f"the server closed after {len(self._waiting)} of {length} bytes")
        taken, self._waiting = self._waiting[:length], self._waiting[length:]
        return taken

    def _more(self) -> bool:
        """Read on; False at the end."""
        try:
            block = self._socket.recv(65_536)
        except ConnectionResetError:
            return False
        self._waiting += block
        return bool(block)


def chunked(content: bytes, length: int = 7919) -> bytes:
    """The content as a chunked body."""
    pieces = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in slices(content, length)]
    return b"".join([*pieces, b"0\r\n\r\n"])
