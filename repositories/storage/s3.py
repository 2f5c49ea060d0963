"""Objects in an S3-compatible store. Nothing is copied, and no more than one part of an object is in memory.

<prefix>/data/9c/9c1f04aa-…                  one object
<prefix>/tails/9c1f04aa-…/00800000-5f0c…     what an unfinished one has behind its last whole part

An object of one part or less is put under its name at once. A larger one goes there in parts of a multipart upload;
what is left at the end of a request is put aside, as the tail of the draft, and the next request or the finish begins
with it. Two rules keep a writer that lost its session, and does not know it yet, from spoiling what others made of it:

- A name is never put to twice: objects are put under the condition that there is none, and tails have random names.
- The id of the multipart upload is in the session's row before the first part is sent (`Body.keep`). All writers of
  a session use the same, it becomes the object once, and only with the parts that its completer names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from uuid import uuid4

from repositories.errors import BlobTooLarge, StorageUnavailable
from repositories.storage import paths
from repositories.storage.base import BLOCK, Body, Draft, ObjectMissing, Part, Stored
from repositories.storage.bucket import Bucket, Taken
from repositories.storage.places import Keys, parse

#: Bytes of a part; the largest object has 10,000 of them.
PART = 8 * 2**20
_MOST_PARTS = 10_000
#: The mark of a tail that lies under the name of the object itself, which is all that came.
_ITSELF = "."
#: Seconds that an address for clients is good for.
_ADDRESS_FOR = 600


class S3Store:
    """`front` signs addresses for clients; without it there are none."""

    def __init__(self, bucket: Bucket, front: Bucket | None = None) -> None:
        self.bucket = bucket
        self.front = front

    def create(self, key: str) -> Draft:
        """Asks nobody: the store hears of an object when it has bytes."""
        paths.name_of(key)
        return Draft()

    def append(self, key: str, draft: Draft, body: Body) -> Draft:
        before, held = draft, bytearray(self._tail(key, draft))
        self._drop_tails(key, before)
        draft = replace(before, length=before.length - len(held), tail=None)
        while block := body.read(min(BLOCK, PART - len(held)) or BLOCK):
            if len(held) + len(block) > PART:
                draft = self._add(key, self._begun(key, draft, before, body), bytes(held))
                body.keep(draft)
                held.clear()
            held += block
        if draft.length + len(held) == before.length:
            return before
        return self._put_aside(key, draft, before, bytes(held), body)

    def finish(self, key: str, draft: Draft) -> None:
        name = paths.name_of(key)
        in_parts = bool(draft.parts or (draft.tail and draft.tail.mark != _ITSELF))
        if in_parts:
            self._complete(key, draft)
        elif not draft.length:
            with suppress(Taken):  # the size tells
                self.bucket.put(name, b"")
        size = self.stat(key)
        if size is None:
            raise ObjectMissing(key)
        if size != draft.length:
            raise StorageUnavailable
        self._tidy(key, draft, abort=bool(draft.multipart_id) and not in_parts)

    def open_range(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        if start >= stop:
            if self.stat(key) is None:
                raise ObjectMissing(key)
            return iter(())
        blocks = self.bucket.read(paths.name_of(key), start, stop)
        next(blocks, None)
        return blocks

    def stat(self, key: str) -> int | None:
        found = self.bucket.head(paths.name_of(key))
        return found.size if found else None

    def address(self, key: str) -> str | None:
        return self.front.sign(paths.name_of(key), seconds=_ADDRESS_FOR) if self.front else None

    def delete_many(self, keys: Iterable[str]) -> dict[str, str]:
        """Parts first: what is completed while they are listed is an object, and goes with the objects."""
        wanted = {paths.name_of(key): key for key in keys}
        if not wanted:
            return {}
        try:
            for name, upload, _ in self.bucket.uploads("data/"):
                if name in wanted:
                    self.bucket.abort(name, upload)
            mine = set(wanted.values())
            tails = [name for name, *_ in self.bucket.objects("tails/") if paths.key_in(name) in mine]
            failures = self.bucket.remove([*wanted, *tails])
        except StorageUnavailable as error:
            return dict.fromkeys(wanted.values(), str(error.__cause__ or error))
        return {paths.key_in(name): reason for name, reason in failures.items()}

    def iter_keys(self) -> Iterator[str]:
        seen: set[str] = set()
        for found in self.iter_objects():
            if found.key not in seen:
                seen.add(found.key)
                yield found.key

    def iter_objects(self) -> Iterator[Stored]:
        """An unfinished object may be met more than once: as what it has under its name, and by its pieces."""
        for name, size, modified in self.bucket.objects("data/"):
            if key := paths.key_in(name):
                yield Stored(key, size, modified)
        tails = ((name, modified) for name, _, modified in self.bucket.objects("tails/"))
        begun = ((name, modified) for name, _, modified in self.bucket.uploads("data/"))
        for name, modified in chain(tails, begun):
            if key := paths.key_in(name):
                yield Stored(key, None, modified)

    # -- Pieces

    def _begun(self, key: str, draft: Draft, before: Draft, body: Body) -> Draft:
        """The draft with a multipart upload, which whoever goes on from the draft before must use too."""
        if draft.multipart_id:
            return draft
        name = paths.name_of(key)
        upload = self.bucket.begin(name)
        try:
            body.keep(replace(before, multipart_id=upload))
        except Exception:
            with suppress(StorageUnavailable):
                self.bucket.abort(name, upload)
            raise
        return replace(draft, multipart_id=upload)

    def _add(self, key: str, draft: Draft, content: bytes) -> Draft:
        """The draft with the content as its next part. Errors: BlobTooLarge."""
        if len(draft.parts) >= _MOST_PARTS - 1:  # the last one may be a tail
            raise BlobTooLarge(_MOST_PARTS * PART)
        part = self.bucket.add(paths.name_of(key), draft.multipart_id, len(draft.parts) + 1, content)
        return replace(draft, length=draft.length + part.size, parts=(*draft.parts, part))

    def _put_aside(self, key: str, draft: Draft, before: Draft, content: bytes, body: Body) -> Draft:
        """The draft with the content as its tail: under the name of the object itself when it is all that ever came."""
        length = draft.length + len(content)
        if not before.length and not draft.multipart_id:
            try:
                self.bucket.put(paths.name_of(key), content)
                return replace(draft, length=length, tail=Part(len(content), _ITSELF))
            except Taken:  # by a try whose answer was lost, or by a writer that lost the session: parts will replace it
                pass
        draft = self._begun(key, draft, before, body)
        mark = f"{length:016x}-{uuid4().hex}"
        self.bucket.put_aside(paths.tail_of(key, mark), content)
        return replace(draft, length=length, tail=Part(len(content), mark))

    def _tail(self, key: str, draft: Draft) -> bytes:
        """Errors: ObjectMissing."""
        if draft.tail is None:
            return b""
        itself = draft.tail.mark == _ITSELF
        name = paths.name_of(key) if itself else paths.tail_of(key, draft.tail.mark)
        content = b"".join(self.bucket.read(name, 0, draft.tail.size + 1))
        if len(content) != draft.tail.size:
            raise StorageUnavailable
        return content

    def _tails(self, key: str) -> list[str]:
        """The names of all that were put aside."""
        return [name for name, *_ in self.bucket.objects(paths.tail_of(key, ""))]

    def _complete(self, key: str, draft: Draft) -> None:
        """Whatever the store answers: what counts is the object. An earlier try may have made it."""
        name, upload = paths.name_of(key), draft.multipart_id
        try:
            parts = list(draft.parts)
            if draft.tail:
                parts.append(self.bucket.add(name, upload, len(parts) + 1, self._tail(key, draft)))
            self.bucket.complete(name, upload, parts)
        except (ObjectMissing, StorageUnavailable):
            found = self.bucket.head(name)
            if found is None or not found.multipart or found.size != draft.length:
                raise

    def _drop_tails(self, key: str, draft: Draft) -> None:
        """Those that the draft has left behind; the tails of a writer that is further on end later."""
        if draft.tail is None or draft.tail.mark == _ITSELF:
            return
        first = paths.tail_of(key, f"{draft.length:016x}")
        with suppress(StorageUnavailable):
            self.bucket.remove([name for name in self._tails(key) if name < first])

    def _tidy(self, key: str, draft: Draft, *, abort: bool) -> None:
        """What the finished object does not need. What stays, because the store fails, goes with the object."""
        with suppress(StorageUnavailable):
            if abort:
                self.bucket.abort(paths.name_of(key), draft.multipart_id)
            if draft.tail and draft.tail.mark != _ITSELF:
                self.bucket.remove(self._tails(key))


def opened(url: str, access_key: str, secret_key: str, *, redirect: str, public: str) -> S3Store:
    """The store at an address. Clients are sent to `public`, the endpoint as they reach it; without one, `redirect`
    decides: "auto" sends them to Amazon only, "always" to the endpoint of the hub itself, "never" nowhere.

    Errors: ValueError with the address that is expected.
    """
    place, keys = parse(url), Keys(access_key, secret_key)
    reached = redirect == "always" or (redirect == "auto" and bool(public or not place.endpoint))
    front = Bucket(replace(place, endpoint=public or place.endpoint), keys) if reached else None
    return S3Store(Bucket(place, keys), front)
