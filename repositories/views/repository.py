"""One repository: its overview, its tags, the end of a tag."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from repositories import quotas
from repositories import tags as tag_rules
from repositories.access import Action
from repositories.pulls import ledger
from repositories.views.frame import PAGE_SIZE, Frame, open_to_all, page_number, query_of

LATEST = 5
CHARTED_DAYS = 30


@open_to_all
@require_safe
def overview(request: HttpRequest, name: str) -> HttpResponse:
    """What it is and the next command: pull when there is something, login, tag and push when there is nothing."""
    frame = Frame(request, name, "repository")
    rows, _ = tag_rules.rows(frame.access, limit=LATEST)
    recent = ledger.recent(frame.repository, CHARTED_DAYS)
    return frame.render("repositories/repository.html", rows=rows, recent=recent)


@open_to_all
@require_safe
def tags(request: HttpRequest, name: str) -> HttpResponse:
    """The tags, newest first; `?q=` is a part of a name or of a digest."""
    frame = Frame(request, name, "tags")
    query, number = query_of(request), page_number(request)
    rows, total = tag_rules.rows(frame.access, query=query, offset=PAGE_SIZE * (number - 1), limit=PAGE_SIZE)
    if number > 1 and not rows:
        raise Http404
    counted: Paginator[Any] = Paginator(range(total), PAGE_SIZE)
    page = Page(rows, number, counted)
    usage = quotas.usage_of(frame.repository.namespace) if frame.access.may(Action.ADMIN) else None
    return frame.render("repositories/tags.html", page=page, query=query, usage=usage)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def tag_delete(request: HttpRequest, name: str, tag: str) -> HttpResponse:
    """Ask, then remove the tag and the images that only it reached."""
    frame = Frame(request, name, "tags", needs=Action.DELETE)
    if request.method == "POST":
        tag_rules.remove(frame.access, tag)
        messages.success(request, f"The tag {tag} is deleted.")
        return redirect("tags", name)
    return frame.render("repositories/tag_delete.html", row=tag_rules.find(frame.access, tag))
