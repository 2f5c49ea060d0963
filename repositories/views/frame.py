"""What the views share: who asks, what a refusal answers, and what surrounds every page of a repository."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts import callers
from accounts.callers import Caller
from accounts.errors import NamespaceUnknown
from accounts.models import User
from repositories import access as permissions
from repositories import catalog, tags
from repositories.access import Access, Action
from repositories.errors import (
    AccessDenied,
    DigestInvalid,
    ManifestUnknown,
    NameInvalid,
    RepositoryUnknown,
    TagUnknown,
)
from repositories.models import Repository
from repositories.oci import names

PAGE_SIZE = 25
_QUERY_MAX = 200
_ABSENT = (NamespaceUnknown, RepositoryUnknown, TagUnknown, ManifestUnknown, DigestInvalid, NameInvalid)
_Rest = ParamSpec("_Rest")
_View = Callable[Concatenate[HttpRequest, _Rest], HttpResponse]


def open_to_all(view: _View[_Rest]) -> _View[_Rest]:
    """A page anybody may ask for: the rules decide, and their refusals become the answers of the page door."""

    @login_not_required
    @wraps(view)
    def answered(request: HttpRequest, /, *args: _Rest.args, **kwargs: _Rest.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (*_ABSENT, EmptyPage, PageNotAnInteger) as error:
            raise Http404 from error
        except AccessDenied as error:
            if request.user.is_authenticated:
                raise PermissionDenied(str(error)) from error
            return redirect_to_login(request.get_full_path())

    return answered


class Frame:
    """What surrounds every page of a repository: its header, its tabs, and what the caller may do with it.

    Errors: NameInvalid, RepositoryUnknown, AccessDenied (when `needs` is more than the caller may do).
    """

    def __init__(self, request: HttpRequest, name: str, tab: str, *, needs: Action = Action.PULL) -> None:
        self.request, self.tab, self.caller = request, tab, caller_of(request)
        self.access: Access = permissions.require(names.repository(name), self.caller, needs)
        self.repository: Repository = self.access.repository

    def render(self, template: str, **context: Any) -> HttpResponse:
        """Draw a page of the repository."""
        newest, tag_count = tags.rows(self.access, limit=1)
        mine = catalog.search(self.caller, namespace=self.repository.namespace.name)
        frame = {
            "repository": self.repository,
            "summary": mine.filter(pk=self.repository.pk).first(),
            "newest": newest[0] if newest else None,
            "tag_count": tag_count,
            "pull": newest[0].name if newest else "",
            "may": {action.value: self.access.may(action) for action in Action},
            "tabs": self._tabs(tag_count),
            "push_guide": _push_guide(self.repository, self.request.user.get_username()),
            "push_command": f"docker push {_address(self.repository)}:TAG",
        }
        return render(self.request, template, frame | context)

    def _tabs(self, tag_count: int) -> list[dict[str, object]]:
        labels = {"repository": "Overview", "tags": "Tags"}
        if self.access.may(Action.ADMIN):
            labels["repository_settings"] = "Settings"
        return [
            {
                "label": label,
                "href": reverse(route, args=[self.repository.full_name]),
                "current": route == self.tab,
                "count": tag_count if route == "tags" else None,
            }
            for route, label in labels.items()
        ]


def _address(repository: Repository) -> str:
    """What a client calls the repository: with the host, and the port if it is not the usual one."""
    return f"{settings.HUB_REGISTRY_HOST}/{repository.full_name}"


def _push_guide(repository: Repository, username: str) -> list[tuple[str, str]]:
    """What to type, and why, to bring the first image here."""
    local, remote = repository.name.rpartition("/")[2], f"{_address(repository)}:1.0"
    return [
        ("Sign in to this hub", f"docker login {settings.HUB_REGISTRY_HOST} --username {username}"),
        ("Give your image its name here", f"docker tag {local} {remote}"),
        ("Push it", f"docker push {remote}"),
    ]


def caller_of(request: HttpRequest) -> Caller:
    return callers.of(request.user) if isinstance(request.user, User) else callers.ANONYMOUS


def query_of(request: HttpRequest, key: str = "q") -> str:
    """A search text: trimmed, not endless, and free of the one character PostgreSQL cannot hold."""
    return request.GET.get(key, "").replace("\x00", "").strip()[:_QUERY_MAX]


def order_of(request: HttpRequest) -> str:
    """`?sort=`; what is no order is the first one."""
    asked = request.GET.get("sort", "")
    return asked if asked in catalog.ORDERS else catalog.ORDERS[0]


def page_number(request: HttpRequest) -> int:
    """`?page=`, from 1 on. Errors: PageNotAnInteger, EmptyPage."""
    return int(Paginator(range(10**9), 1).validate_number(request.GET.get("page", 1)))
