"""Everything at once: people push, mount, retag and delete while collectors run without any grace."""

from __future__ import annotations

import io
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.db import connection
from django.utils import timezone

from accounts.callers import Caller
from accounts.models import Namespace
from repositories import access as rights
from repositories import blobs, catalog, manifests, tags, uploads
from repositories.access import Access, Action
from repositories.errors import (
    BlobReferenced,
    BlobUnknown,
    ManifestBlobUnknown,
    ManifestReferenced,
    ManifestUnknown,
    QuotaExceeded,
    RepositoryExists,
    RepositoryUnknown,
    TagUnknown,
    UploadUnknown,
)
from repositories.models import Manifest, Tag, Upload
from repositories.oci import digests, names
from repositories.upkeep import garbage
from tests.unit.repositories import builders

#: What a client may be told when others delete and collect under its feet.
EXPECTED = (
    BlobReferenced,
    BlobUnknown,
    ManifestBlobUnknown,
    ManifestReferenced,
    ManifestUnknown,
    QuotaExceeded,
    RepositoryExists,
    RepositoryUnknown,
    TagUnknown,
    UploadUnknown,
)
PAYLOADS = [builders.content(300 + 40 * number, number) for number in range(8)]
TAGS = [names.tag(name) for name in ("one", "two", "three")]


class Storm:
    """`done` counts what succeeded and what was refused; `surprises` are errors that nobody should see."""

    def __init__(self, people: list[tuple[Caller, Namespace]]) -> None:
        self.done: Counter[str] = Counter()
        self.surprises: list[BaseException] = []
        self._people = people
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def rage(self, seconds: float) -> None:
        """For so long, and on until ten pushes went through: a slow machine has its storm too."""
        acts: list[Callable[[random.Random], None]] = [self._index, self._mount, self._delete_manifest, self._unlink]
        acts += [self._rebuild, self._abandon, self._remove_tag, self._remove_tag, self._collect, self._collect]
        threads = [threading.Thread(target=self._loop, args=(act, place)) for place, act in enumerate(acts)]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        while (past := time.monotonic() - began) < seconds or (self.done["_push: ok"] < 10 and past < 60):
            threads[0].join(timeout=0.1)
        self._stop.set()
        for thread in threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in threads), "a thread hangs"

    def _loop(self, act: Callable[[random.Random], None], place: int) -> None:
        chance = random.Random(place)
        try:
            while not self._stop.is_set():
                self._once(partial(act, chance), act.__name__)
                self._once(partial(self._push, chance), "_push")
        finally:
            connection.close()

    def _once(self, act: Callable[[], None], name: str) -> None:
        outcome = "ok"
        try:
            act()
        except EXPECTED as error:
            outcome = type(error).__name__
        except Exception as error:
            self.surprises.append(error)
            outcome = repr(error)
        with self._lock:
            self.done[f"{name}: {outcome}"] += 1

    def _access(self, chance: random.Random) -> Access:
        caller, namespace = chance.choice(self._people)
        name = names.repository(f"{namespace.name}/app-{chance.randrange(3)}")
        return rights.require(name, caller, Action.ADMIN)

    def _push(self, chance: random.Random) -> None:
        access = self._access(chance)
        layers = chance.sample(PAYLOADS, chance.randint(1, 3))
        for body in (b"{}", *layers):
            session = uploads.start(access)
            half = len(body) // 2
            uploads.append(access, session.id, io.BytesIO(body[:half]), length=half, start=0)
            rest = io.BytesIO(body[half:])
            uploads.finish(access, session.id, digests.compute(body), stream=rest, length=len(body) - half)
        builders.put(access, builders.image_body(b"{}", layers), chance.choice(TAGS))

    def _index(self, chance: random.Random) -> None:
        access = self._access(chance)
        found = list(Manifest.objects.filter(repository=access.repository, deleted_at=None).order_by("pk")[:8])
        children = chance.sample([row.digest for row in found], min(2, len(found)))
        builders.push_index(access, children, chance.choice(TAGS))

    def _mount(self, chance: random.Random) -> None:
        access, body = self._access(chance), chance.choice(PAYLOADS)
        if blobs.mount(access, digests.compute(body), source=None):
            builders.push_blob(access, b"{}")
            builders.put(access, builders.image_body(b"{}", [body]), chance.choice(TAGS))

    def _remove_tag(self, chance: random.Random) -> None:
        access = self._access(chance)
        act = chance.choice([tags.remove, tags.remove, tags.untag])
        act(access, chance.choice(TAGS))

    def _delete_manifest(self, chance: random.Random) -> None:
        access = self._access(chance)
        untagged = Manifest.objects.filter(repository=access.repository, deleted_at=None)
        row = untagged.exclude(pk__in=Tag.objects.values("manifest")).first()
        if row is not None:
            manifests.delete(access, row.digest)

    def _unlink(self, chance: random.Random) -> None:
        blobs.unlink(self._access(chance), digests.compute(chance.choice(PAYLOADS)))

    def _rebuild(self, chance: random.Random) -> None:
        """Delete a whole repository and make it anew."""
        access = self._access(chance)
        catalog.delete(access, confirm=access.repository.full_name)
        catalog.create(access.caller, namespace=access.repository.namespace.name, name=access.repository.name)

    def _abandon(self, chance: random.Random) -> None:
        """A client goes away in the middle; its session is long expired when the collector comes."""
        access = self._access(chance)
        session = uploads.start(access)
        uploads.append(access, session.id, io.BytesIO(chance.choice(PAYLOADS)), length=None, start=None)
        Upload.objects.filter(pk=session.id).update(expires_at=timezone.now() - timedelta(seconds=1))

    def _collect(self, chance: random.Random) -> None:
        garbage.collect(grace=timedelta(0))
