"""Pages of REST lists: `{count, next, previous, results}`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from accounts.api.refusals import PageUnknown
from accounts.api.shapes import StrictSerializer

#: Rows from an offset on, at most a limit of them, and how many there are in all.
Fetch = Callable[[int, int], tuple[list[Any], int]]
Row = TypeVar("Row", bound=Model)


class PageQuerySerializer(StrictSerializer):
    page = serializers.IntegerField(min_value=1, max_value=1_000_000, default=1, help_text="Which page, from 1.")
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=25, help_text="Rows in a page.")


def rows_of(queryset: QuerySet[Row]) -> Fetch:
    """A queryset as something to fetch from."""
    return lambda offset, limit: (list(queryset[offset : offset + limit]), queryset.count())


def page_of(request: Request, fetch: Fetch, *, page: int, page_size: int) -> dict[str, Any]:
    """One page with its neighbours' addresses. Errors: PageUnknown, for a page behind the last."""
    rows, count = fetch((page - 1) * page_size, page_size)
    if page > 1 and (page - 1) * page_size >= count:
        raise PageUnknown
    here = request.build_absolute_uri()
    return {
        "count": count,
        "next": replace_query_param(here, "page", page + 1) if page * page_size < count else None,
        "previous": _before(here, page),
        "results": rows,
    }


def _before(here: str, page: int) -> str | None:
    if page == 1:
        return None
    return remove_query_param(here, "page") if page == 2 else replace_query_param(here, "page", page - 1)
