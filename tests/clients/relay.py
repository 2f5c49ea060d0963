"""A relay in front of a hub: what a client really sends is counted and written down, and one answer can be cut off.

with relayed(hub) as relay:
    relay.cut(f"/blobs/{digest}", after=3 * 2**20)
    crane("pull", f"{relay.registry}/olga/app:1.0", …)
    assert relay.asked("GET", digest)[1].headers["range"] == "bytes=3145728-"
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.live import Hub

_HEAD = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|DELETE) (/\S*) HTTP/1\.1\r\n((?:[^\r\n]+\r\n)*)\r\n")
_LONGEST_HEAD = 64 * 2**10
_PIECE = 64 * 2**10


@dataclass(frozen=True)
class Request:
    """A request's head as it went over the wire; names of headers in small letters."""

    method: str
    target: str
    headers: dict[str, str]


@dataclass
class _Cut:
    part: str
    after: int


@dataclass
class Relay:
    """`requests` are in the order of their heads; `sent` counts every byte from clients to the hub."""

    port: int
    hub: Hub
    requests: list[Request] = field(default_factory=list)
    sent: int = 0
    cuts_made: int = 0
    _cut: _Cut | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def registry(self) -> str:
        """What image names start with, to go through the relay."""
        return f"{self.hub.host}:{self.port}"

    def cut(self, part: str, *, after: int) -> None:
        """Close the connection once, `after` bytes of the answer to a GET whose address contains `part`."""
        self._cut = _Cut(part, after)

    def forget(self) -> None:
        """Count from here on."""
        with self._lock:
            self.requests.clear()
            self.sent = 0

    def asked(self, method: str, part: str = "") -> list[Request]:
        """The requests of a method whose address contains `part`."""
        return [request for request in self.requests if request.method == method and part in request.target]

    def mounts(self) -> list[str]:
        """The addresses of the requests that asked for a blob of another repository."""
        return [request.target for request in self.asked("POST", "mount=")]

    def assert_only_mounted(self, size: int) -> None:
        """Blobs were asked for from another repository, and what was sent is far less than their `size`."""
        assert self.mounts(), self.requests
        assert self.sent < size / 4, f"{self.sent} bytes were sent, for blobs of {size}"

    # -- one connection

    def serve(self, client: socket.socket) -> None:
        """Pass everything on until one side ends."""
        try:
            hub = socket.create_connection(("127.0.0.1", self.hub.port))
        except OSError:
            client.close()
            return
        talk = _Talk(self, client, hub)
        for pump in (talk.upwards, talk.downwards):
            threading.Thread(target=pump, daemon=True).start()

    def note(self, request: Request) -> None:
        with self._lock:
            self.requests.append(request)

    def count(self, sent: int) -> None:
        with self._lock:
            self.sent += sent

    def room(self, request: Request | None, answered: int) -> int | None:
        """How many more bytes of this answer may pass; None for all of them."""
        cut = self._cut
        if cut is None or request is None or request.method != "GET" or cut.part not in request.target:
            return None
        return max(0, cut.after - answered)

    def cut_is_made(self) -> None:
        self._cut = None
        self.cuts_made += 1


class _Talk:
    """The two directions of a connection."""

    def __init__(self, relay: Relay, client: socket.socket, hub: socket.socket) -> None:
        self.relay, self.client, self.hub = relay, client, hub
        self.heard = b""
        self.request: Request | None = None
        self.answered = 0

    def upwards(self) -> None:
        with suppress(OSError):
            while piece := self.client.recv(_PIECE):
                self.relay.count(len(piece))
                self._listen(piece)
                self.hub.sendall(piece)
        with suppress(OSError):
            self.hub.shutdown(socket.SHUT_WR)

    def downwards(self) -> None:
        with suppress(OSError):
            while piece := self.hub.recv(_PIECE):
                room = self.relay.room(self.request, self.answered)
                self.answered += len(piece)
                self.client.sendall(piece if room is None else piece[:room])
                if room is not None and room <= len(piece):
                    self.relay.cut_is_made()
                    break
        for side in (self.client, self.hub):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()

    def _listen(self, piece: bytes) -> None:
        """Find the heads of requests; the hub has not seen them yet, so what it answers belongs to the last one."""
        self.heard += piece
        end = 0
        for found in _HEAD.finditer(self.heard):
            self.request, self.answered, end = _request(found), 0, found.end()
            self.relay.note(self.request)
        self.heard = self.heard[end:][-_LONGEST_HEAD:]


def _request(found: re.Match[bytes]) -> Request:
    lines = [line.partition(":") for line in found[3].decode("latin-1").splitlines()]
    return Request(found[1].decode(), found[2].decode(), {name.lower(): value.strip() for name, _, value in lines})


@contextmanager
def relayed(hub: Hub) -> Iterator[Relay]:
    """Put a relay on a port of its own in front of the hub."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        relay = Relay(int(door.getsockname()[1]), hub)
        thread = threading.Thread(target=_accept, args=(door, relay), daemon=True)
        thread.start()
        yield relay
        door.shutdown(socket.SHUT_RDWR)
        thread.join()


def _accept(door: socket.socket, relay: Relay) -> None:
    with suppress(OSError):
        while True:
            relay.serve(door.accept()[0])
