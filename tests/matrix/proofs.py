"""Credentials: made for one person, and how each is shown to the hub."""

from __future__ import annotations

import base64
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import jwt
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import callers, keys, refresh_tokens
from accounts import tokens as access_tokens
from accounts.callers import ANONYMOUS
from accounts.models import AccessToken, User
from accounts.scopes import TokenScope
from registry_api.auth import bearer, scopes
from tests.make import people
from tests.matrix.inside import Asked, Inside
from tests.matrix.places import ELSEWHERE, REPOSITORIES

#: Sent as a cookie and again in the form or header, as a browser does: what forged forms cannot do.
CSRF = "c" * 32
LIMITED_TO = [REPOSITORIES["public"]]


_ALL = "pull,push,delete"
#: Of each of these `/token` makes a bearer token.
_MINTED = ("password", *(f"token {scope.value}" for scope in TokenScope), "limited token", "revoked token")


@dataclass
class Proofs:
    """What one person holds. `shown`: by the table's word for a credential, the headers that show it; `login`: the same
    as user name and password, for those that have this form; `token`: the number of an access token."""

    username: str = ""
    shown: dict[str, dict[str, str]] = field(default_factory=dict)
    login: dict[str, tuple[str, str]] = field(default_factory=dict)
    token: int = 0


def prove(user: User | None, inside: Inside, wanted: Collection[str]) -> Proofs:
    """What the table lists, handed out while the account is good; of the bearer tokens only the `wanted` ones."""
    found = Proofs(username=user.username if user else "")
    found.shown["nothing"] = {}
    claiming = claiming_everything(user)
    found.shown["bearer that claims everything"] = _bearer(claiming)
    found.shown["expired bearer"] = _bearer(_expired(claiming))
    if user is None:
        found.shown["bearer of nobody"] = _bearer(_minted(inside, {}, _ALL))
        return found
    found.shown["session"] = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={_session(user)}"}
    found.token = people.access_token(user)[0].pk
    found.login = _logins(user)
    found.shown |= {word: _basic(login) for word, login in found.login.items()}
    found.shown["token as a bearer"] = _bearer(found.login["token repo:admin"][1])
    for word in (*_MINTED, "refresh token"):
        if (made := f"bearer of a {word}") in wanted:
            shown = {} if word == "refresh token" else found.shown[word]
            found.shown[made] = _bearer(_minted(inside, shown, _ALL, refresh=found.login[word][1]))
    if "bearer for pulls" in wanted:
        found.shown["bearer for pulls"] = _bearer(_minted(inside, found.shown["password"], "pull"))
        found.shown["bearer for elsewhere"] = _bearer(_asked(inside, found.shown["password"], _scope(ELSEWHERE, _ALL)))
    AccessToken.objects.filter(user=user, name="revoked").update(revoked_at=timezone.now())
    return found


def claiming_everything(user: User | None) -> str:
    """A bearer token that the hub signed for more than its holder may do, as one from before a right was lost is."""
    claimed = [scopes.repository(name, *scopes.ACTIONS) for name in REPOSITORIES.values()]
    access = [*claimed, scopes.WHOLE_CATALOG]
    return bearer.sign(callers.of(user) if user else ANONYMOUS, access, service=settings.HUB_REGISTRY_HOST)[0]


def _logins(user: User) -> dict[str, tuple[str, str]]:
    """The password, and the access tokens that stand in its place."""
    found = {"password": people.PASSWORD, "wrong password": people.PASSWORD + "?"}
    for scope in TokenScope:
        found[f"token {scope.value}"] = people.access_token(user, scope)[1]
    found["limited token"] = people.access_token(user, TokenScope.ADMIN, LIMITED_TO)[1]
    row, found["expired token"] = people.access_token(user)
    AccessToken.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    found["revoked token"] = access_tokens.issue(user, name="revoked", scope=TokenScope.ADMIN)[1]
    found["refresh token"] = refresh_tokens.issue(people.caller_of(user), client="docker")[1]
    return {word: (user.username, secret) for word, secret in found.items()}


def _session(user: User) -> str:
    """The key of a browser's session."""
    browser = Client()
    browser.force_login(user)
    return str(browser.cookies[settings.SESSION_COOKIE_NAME].value)


def _minted(inside: Inside, shown: dict[str, str], actions: str, *, refresh: str = "") -> str:
    """What `/token` gives for these actions in every repository, and for the listing; to a refresh token if need be."""
    wanted = [*(_scope(name, actions) for name in REPOSITORIES.values()), str(scopes.WHOLE_CATALOG)]
    return _asked(inside, shown, *wanted) if shown or not refresh else _refreshed(inside, refresh, *wanted)


def _asked(inside: Inside, shown: dict[str, str], *wanted: str) -> str:
    query = urlencode({"scope": wanted}, doseq=True)
    return str(inside.keep(Asked("GET", f"/token?{query}", shown)).document["token"])


def _refreshed(inside: Inside, token: str, *wanted: str) -> str:
    form = urlencode({"grant_type": "refresh_token", "refresh_token": token, "scope": wanted}, doseq=True)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return str(inside.keep(Asked("POST", "/token", kind, form.encode())).document["token"])


def _scope(name: str, actions: str) -> str:
    return f"repository:{name}:{actions}"


def _expired(token: str) -> str:
    """The same token, as the hub would have signed it an hour ago."""
    claims = jwt.decode(token, options={"verify_signature": False})
    past = datetime.now(UTC) - timedelta(hours=1)
    signer = keys.active()
    aged = {**claims, "iat": past, "nbf": past, "exp": past + timedelta(minutes=5)}
    return jwt.encode(aged, signer.private_key, algorithm=bearer.ALGORITHM, headers={"kid": signer.kid})


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _basic(login: tuple[str, str]) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(":".join(login).encode()).decode()}
