"""Pages of no floor: home, the local mail page, health, theme, style guide, and what stands where a page failed."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts import callers, namespaces
from accounts.forms import TokenForm
from accounts.roles import Role
from hub import mail as outbox
from hub.context_processors import THEME_COOKIE, THEMES, site
from repositories import catalog, quotas
from repositories.errors import StorageUnavailable
from repositories.storage import store

_YEAR = 365 * 86400
_RECENT = 8
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")
_CODE = re.compile(r"^[A-Z0-9]{3,8}(?:-[A-Z0-9]{3,8})?$", re.MULTILINE)
_SPRITE = settings.BASE_DIR / "static" / "icons.svg"
_PROBE = str(UUID(int=0))


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What Berth is, for strangers; one's own namespaces and latest repositories, for people."""
    if not request.user.is_authenticated:
        return render(request, "hub/welcome.html")
    caller = callers.of(request.user)
    spaces, whole = list(namespaces.of_user(caller, tuple(Role))), set(namespaces.of_user(caller))
    context = {
        "spaces": [(space, quotas.usage_of(space) if space in whole else None) for space in spaces],
        "recent": catalog.search(caller).filter(namespace__in=spaces)[:_RECENT],
    }
    return render(request, "hub/home.html", context)


@login_not_required
@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """The outbox, newest first. Exists only without a mail server, on this very computer, behind no front server."""
    if not _may_read_outbox(request):
        raise Http404
    letters = [(letter, _CODE.findall(letter.text)) for letter in outbox.letters()]
    return render(request, "hub/mail.html", {"letters": letters})


@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """``{"status": "ok"}``, or 503 naming what does not answer: database, storage."""
    failing = [name for name, answers in (("database", _database), ("storage", _storage)) if not answers()]
    if failing:
        return JsonResponse({"status": "failing", "failing": failing}, status=503)
    return JsonResponse({"status": "ok"})


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember auto, light or dark in a cookie, and go back to the page that asked."""
    chosen = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    local = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    response = redirect(back if local else "home")
    if chosen in THEMES:
        response.set_cookie(
            THEME_COOKIE, chosen, max_age=_YEAR, secure=settings.HUB_IS_SECURE, httponly=True, samesite="Lax"
        )
    return response


@login_not_required
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in every state."""
    return render(request, "hub/styleguide.html", _samples())


# -- Error pages. Equal for everybody who may not know more: no path, no form, no token in them.


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A refusal; the sentence of the rule when there is one."""
    return render(request, "403.html", {"sentence": str(exception or "")}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Drawn without the request, so that it needs neither session nor database."""
    return HttpResponse(render_to_string("500.html", site(request)), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of this browser; `reason` is for the log."""
    return render(request, "403_csrf.html", status=403)


def _may_read_outbox(request: HttpRequest) -> bool:
    local = settings.HUB_MAIL == "outbox" and settings.HUB_IS_LOOPBACK
    if not local or any(header in request.headers for header in _FORWARDED):
        return False
    try:
        peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return (getattr(peer, "ipv4_mapped", None) or peer).is_loopback


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cast("tuple[int]", cursor.fetchone())[0] == 1
    except DatabaseError:
        return False


def _storage() -> bool:
    try:
        store().stat(_PROBE)
    except (OSError, StorageUnavailable):
        return False
    return True


def _samples() -> dict[str, object]:
    """Believable values for the style guide."""
    now = timezone.now()
    return {
        "tabs": [
            {"label": "Overview", "href": "#tabs", "current": False, "count": None},
            {"label": "Tags", "href": "#tabs", "current": True, "count": 6},
            {"label": "Settings", "href": "#tabs", "current": False, "count": None},
        ],
        "crumbs": [{"label": "alice", "href": "#breadcrumb"}, {"label": "docker-quickstart", "href": ""}],
        "page": Paginator(range(240), 25).page(4),
        "moments": [
            now,
            now - timedelta(minutes=4),
            now - timedelta(days=1),
            now - timedelta(days=70),
            now + timedelta(days=90),
        ],
        "names": ["alice", "acme-tools", "library", "ci.robot", "dora", "erin", "frank", "grace"],
        "sizes": [0, 1204, 48_612_000, 1_850_000_000],
        "pull_days": [{"day": now - timedelta(days=29 - n), "pulls": 7 * n % 31, "share": 3 * n} for n in range(30)],
        "icons": re.findall(r'symbol id="([a-z-]+)"', _SPRITE.read_text(encoding="utf-8")),
        "digest": "sha256:9c1f04aa27b1b7e0c5d3f1a49e2c8b6d7a5f4e3d2c1b0a9f8e7d6c5b4a392817",
        "form": TokenForm({"name": "", "scope": "repo:write", "repositories": "Not A Name!", "expiry": "90"}),
        "levels": [
            ("success", "Saved."),
            ("info", "A code is on its way."),
            ("warning", "This token expires tomorrow."),
            ("error", "That did not work."),
        ],
    }
