"""Path converters. They take whatever a client sends: the grammar decides later, so that a bad name or digest gets an
answer of the specification and never a page.
"""

from __future__ import annotations


class Verbatim:
    """Text that is handed on as it stands."""

    regex = r".+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class NameConverter(Verbatim):
    """A repository name. It may hold slashes and the words of the routes, so the right-most match counts."""


class SegmentConverter(Verbatim):
    """A tag, a digest or the id of an upload: one path segment, even an empty one."""

    regex = r"[^/]*"
