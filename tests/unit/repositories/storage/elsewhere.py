"""Another process that goes on with an object: ``[key, draft, total]`` comes in as JSON, the new draft goes out."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import django

from repositories.storage import Body, Draft, Part, store


def to_json(draft: Draft) -> list[Any]:
    tail = [draft.tail.size, draft.tail.mark] if draft.tail else None
    return [draft.length, draft.multipart_id, [(part.size, part.mark) for part in draft.parts], tail]


def from_json(told: list[Any]) -> Draft:
    length, multipart_id, parts, tail = told
    return Draft(length, multipart_id, tuple(Part(*part) for part in parts), Part(*tail) if tail else None)


class _Bytes(io.BytesIO):
    """A body; the one who goes on needs no record."""

    def keep(self, draft: Draft, /) -> None:
        pass


def main() -> None:
    """The rest of :func:`tests.unit.repositories.builders.content`, which is the same in every process."""
    django.setup()
    from tests.unit.repositories.builders import content  # noqa: PLC0415  needs the apps

    key, told, total = json.load(sys.stdin)
    draft = from_json(told)
    body: Body = _Bytes(content(total)[draft.length :])
    json.dump(to_json(store().append(key, draft, body)), sys.stdout)


if __name__ == "__main__":
    main()
