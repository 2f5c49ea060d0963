"""Pulls: how they are counted (`counter` in memory, `ledger` in rows), and how many somebody may make (`allowance`).

A pull is a GET of a manifest that is answered with it. HEAD and 304 are free, blobs are free, and what an index lists
is free for a minute to the client that pulled the index: one image of several platforms is one pull.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

#: How long what an index lists belongs to the pull of the index.
TOGETHER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Pull:
    """A manifest that somebody gets. `user_id` is None for nobody; `address` is the household of the client.

    `reference` is the tag or digest that was asked for.
    """

    repository_id: int
    manifest_id: int
    reference: str
    is_index: bool
    is_by_digest: bool
    user_id: int | None
    source: str

    @property
    def who(self) -> str:
        """Under which name the client is counted; users and addresses are never mistaken for each other."""
        return f"address {self.source}" if self.user_id is None else f"user {self.source}"
