"""Pages of lists: `n`, `last` and the Link header (distribution-spec, "Content Discovery"; RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from registry_api.errors import Answer, Code, Refusal

#: Of the longest names, this many stay well below the 4 MiB that clients read.
LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` entries after `last`; `asked` is the client's `n`, if it sent one."""

    limit: int
    last: str
    asked: int | None


def parse(query: Mapping[str, str]) -> Page:
    """The page that a query string asks for; a larger `n` than LIMIT is cut. Errors: Refusal (400)."""
    last, n = query.get("last", ""), query.get("n", "")
    if "\0" in last:
        raise Refusal(Answer(400, Code.UNSUPPORTED, "The parameter last is the name that a page ended with."))
    if not n:
        return Page(limit=LIMIT, last=last, asked=None)
    if not re.fullmatch(r"[0-9]{1,18}", n, re.ASCII):
        raise Refusal(Answer(400, Code.UNSUPPORTED, "The parameter n is a whole number, 0 or more."))
    return Page(limit=min(int(n), LIMIT), last=last, asked=int(n))


def link(path: str, page: Page, last: str, **more: str | list[str]) -> str:
    """The Link header to the page after `last`, relative; `more` are parameters to keep."""
    n = {} if page.asked is None else {"n": str(page.limit)}
    query = urlencode({**n, "last": last, **more}, doseq=True)
    return f'<{path}?{query}>; rel="next"'
