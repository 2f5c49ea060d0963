"""Where trials take place: a hub that can be killed and started again, a collector beside it, and what must be so."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.actor import Order
from tests.faults.record import GONE, HERE, Record
from tests.faults.story import Story
from tests.live import ROOT, Hub, running
from tests.registry import Registry, expect

#: Full service again after a fault, in seconds.
RECOVERS_WITHIN = 10.0
_STEWARD = """
import django; django.setup()
import sys
from datetime import timedelta
from django.db import connection
from repositories.upkeep import garbage
from tests.unit.repositories import builders
for line in sys.stdin:
    if line.strip() == "collect":
        garbage.collect(grace=timedelta(0))
    else:
        builders.audit()
    connection.close()
    print("done", flush=True)
"""


class Died(Exception):
    """The collector's process is no more."""


@dataclass
class Scene:
    """`record`: what the client of all stories knows; `slowest`: seconds of the slowest recovery."""

    hub: Hub
    record: Record
    told: int = 0
    slowest: float = 0.0
    _steward: subprocess.Popen[str] | None = None
    _errors: list[Path] = field(default_factory=list)

    def tell(self, seed: int) -> None:
        """A new story. Errors: Unanswered."""
        self.told += 1
        client = Registry(self.hub.url, self.hub.people["owner"].credentials)
        Story(client, self.record, f"olga/story-{self.told}", random.Random(seed)).tell()

    def restart(self) -> None:
        """After it was killed. Errors: AssertionError when it takes longer than it may."""
        self.hub.stop()
        began = time.monotonic()
        self.hub.start()
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        assert took < RECOVERS_WITHIN, f"the hub was back after {took:.1f} s"

    def collect(self) -> None:
        """Without any grace. Errors: Died."""
        self._order("collect")

    def check(self, *, since: int) -> None:
        """What was acknowledged is there, whole; what was deleted stays away; rows, files and counters agree; and after
        a collection all of it once more. Of the stories that were told since so many."""
        self.compare(since=since)
        self._order("audit")
        self.collect()
        self.compare(since=since)
        self._order("audit")

    def compare(self, *, since: int = 0) -> None:
        """What the hub has with what the client knows."""
        for number in range(since + 1, self.told + 1):
            client = Registry(self.hub.url, self.hub.people["owner"].credentials)
            for name in (f"olga/story-{number}", f"olga/story-{number}-too"):
                self._compare(client, name)

    def give(self, order: Order) -> None:
        order.give(self.hub.data_dir)

    def withdraw(self) -> int:
        """How often the point of the last order was reached."""
        return Order.withdraw(self.hub.data_dir)

    def end(self) -> None:
        """Of the collector."""
        if self._steward is not None:
            self._steward.kill()
            self._steward.communicate()

    def _compare(self, client: Registry, name: str) -> None:
        record = self.record
        for place, states in record.manifests.items():
            if place[0] == name:
                record.manifests[place] = {self._look(client, *place, states)}  # seen once, it stays so
        for place, digests in record.tags.items():
            if place[0] == name:
                response = client.head(f"/v2/{name}/manifests/{place[1]}")
                digest = response.headers["Docker-Content-Digest"] if response.status_code == 200 else ""
                assert digest in digests, f"{place} is {digest}, not {digests}"
                record.tags[place] = {digest}

    def _look(self, client: Registry, name: str, digest: str, states: set[str]) -> str:
        """At a manifest and everything in it; returns whether it is here."""
        response = client.get(f"/v2/{name}/manifests/{digest}")
        state = {200: HERE, 404: GONE}.get(response.status_code, response.text)
        assert state in states, f"{digest} of {name} is {state}, not {states}"
        for part in [digest, *self.record.parts[digest]] if state == HERE else []:
            kind = "manifests" if part == digest else "blobs"
            found = expect(client.get(f"/v2/{name}/{kind}/{part}"), 200).content
            assert found == self.record.contents[part], f"{part} of {name} is not what was pushed"
        return state

    def _order(self, word: str) -> None:
        """To the steward: a process that lives as long as nobody kills it, because each start takes a second."""
        if self._steward is None or self._steward.poll() is not None:
            self._steward = self._hire()
        assert self._steward.stdin is not None
        assert self._steward.stdout is not None
        try:
            self._steward.stdin.write(f"{word}\n")
            self._steward.stdin.flush()
            answer = self._steward.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if answer != "done\n":
            self._steward.communicate()  # it has ended: its pipes go too
            said = self._errors[-1].read_text()
            assert self._steward.returncode == -signal.SIGKILL, f"{word}: {said[-3000:]}"
            raise Died(word)

    def _hire(self) -> subprocess.Popen[str]:
        errors = self.hub.data_dir / f"steward-{len(self._errors)}.log"
        self._errors.append(errors)
        with errors.open("w") as sink:
            return subprocess.Popen(
                [sys.executable, "-c", _STEWARD],
                cwd=ROOT,
                env=self.hub.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                text=True,
                start_new_session=True,
            )


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """A hub that obeys orders at its failpoints; the record is in the folder."""
    wanted = {"DJANGO_SETTINGS_MODULE": "tests.faults.settings", "HUB_UPLOAD_TTL": "0s"}
    with running(**wanted) as hub:
        made = Scene(hub, Record(folder / "record"))
        try:
            yield made
        finally:
            made.end()
