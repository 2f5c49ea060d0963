"""Pages of a person's own settings: profile, access tokens."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import callers, namespaces
from accounts import tokens as access_tokens
from accounts.callers import Caller
from accounts.errors import TokenInvalid, TokenUnknown
from accounts.forms import SCOPE_LABELS, TokenForm
from accounts.models import User


class SignedIn(HttpRequest):
    """A request as the login middleware lets it through."""

    user: User


@require_safe
def settings(request: SignedIn) -> HttpResponse:
    """Who one is on this hub."""
    spaces = namespaces.of_user(_caller(request))
    return render(request, "accounts/settings.html", {"spaces": spaces})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: SignedIn) -> HttpResponse:
    """One's access tokens, and the form for a new one. The new token is the answer itself: it is kept nowhere."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row, token = access_tokens.issue(request.user, **form.facts())
        except TokenInvalid as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            return render(request, "accounts/token_created.html", {"row": row, "token": token, "scopes": SCOPE_LABELS})
    rows = access_tokens.of_user(_caller(request))
    return render(request, "accounts/tokens.html", {"form": form, "rows": rows, "scopes": SCOPE_LABELS})


@require_http_methods(["GET", "HEAD", "POST"])
def token_revoke(request: SignedIn, token_id: int) -> HttpResponse:
    """Ask, then end one of one's tokens."""
    if request.method != "POST":
        row = get_object_or_404(access_tokens.of_user(_caller(request)), pk=token_id)
        return render(request, "accounts/token_revoke.html", {"row": row})
    try:
        access_tokens.revoke(_caller(request), token_id)
    except TokenUnknown as error:
        raise Http404 from error
    return redirect("tokens")


def _caller(request: SignedIn) -> Caller:
    return callers.of(request.user)
