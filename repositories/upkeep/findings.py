"""What an audit reports, and how it walks through large tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, Q

#: Rows that one statement looks at.
WINDOW = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be. `repaired`: it was set right, or put on its way."""

    kind: str
    facts: dict[str, Any]
    repaired: bool = False


@dataclass(slots=True)
class Task:
    """One audit under way: whether it repairs, and what it has looked at, by noun."""

    repair: bool = False
    seen: Counter[str] = field(default_factory=Counter)


def windows(model: type[Model], size: int = WINDOW) -> Iterator[tuple[Q, int]]:
    """The whole table in pieces of primary keys, each with its number of rows; rows that come meanwhile may be in."""
    last = 0
    rows = model._default_manager.order_by("pk").values_list("pk", flat=True)
    while keys := list(rows.filter(pk__gt=last)[:size]):
        yield Q(pk__gt=last, pk__lte=keys[-1]), len(keys)
        last = keys[-1]
