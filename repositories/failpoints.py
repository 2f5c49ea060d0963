"""Places where a crash or a failing disk would hurt most, by name. In a running hub nothing happens at them.

What happens there in a test is code of the tests, put in by their own settings: the hub has nothing that any setting
of its own could switch on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, get_args

Point = Literal[
    # T1 to T3: a blob on its way in
    "upload.noted",  # the row is there, the object is not
    "upload.created",
    "upload.written",  # bytes of a body are in the object, the row does not know
    "blob.synced",  # the object survives, no row says that it is a blob
    "blob.claimed",  # all rows are changed, nothing is committed
    "blob.committed",  # nobody was told
    # T4
    "mount.linked",
    "mount.committed",
    # T5 and deletes
    "manifest.inserted",
    "manifest.tagged",
    "manifest.committed",
    "manifest.hidden",
    "manifest.deleted",
    "tag.dropped",
    "tag.deleted",
    "link.dropped",
    # T6 to T10: collection
    "collect.purged",
    "collect.expired",
    "collect.unlinked",
    "collect.trashed",
    "collect.removing",  # a batch of objects is about to go
    "collect.removed",  # they are gone, their rows are not
    # The file system: what an error here stands for is an error of the call behind it
    "file.create",
    "file.write",
    "file.sync",
    "file.sync-folder",
    "file.read",
    "file.remove",
]
POINTS: Final[tuple[Point, ...]] = get_args(Point)

#: What happens at a point; set by the tests, never by the hub.
act: Callable[[Point], None] | None = None


def reach(point: Point) -> None:
    """Here is the point."""
    if act is not None:
        act(point)
