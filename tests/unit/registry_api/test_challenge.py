"""The challenge: one header, every value quoted, the realm where the client already is."""

from __future__ import annotations

import pytest
from django.test import RequestFactory, override_settings

from registry_api.auth import challenge
from registry_api.auth.scopes import repository
from registry_api.errors import Challenge, Refusal

SCOPES = [repository("acme/app", "pull", "push"), repository("acme/base", "pull")]


def header(**meta: str) -> str:
    request = RequestFactory().get("/v2/")
    request.META.update({"HTTP_HOST": "localhost:8000", **meta})
    return challenge.header(request, SCOPES, Challenge.INSUFFICIENT_SCOPE)


def test_it_names_realm_service_scope_and_reason() -> None:
    assert header() == (
        'Bearer realm="http://localhost:8000/token",service="localhost:8000",'
        'scope="repository:acme/app:pull,push repository:acme/base:pull",error="insufficient_scope"'
    )


def test_without_a_token_there_is_no_reason_to_give() -> None:
    request = RequestFactory().get("/v2/", HTTP_HOST="localhost:8000")
    found = challenge.header(request, [], Challenge.NO_TOKEN)
    assert found == 'Bearer realm="http://localhost:8000/token",service="localhost:8000"'


def test_the_realm_follows_the_host_that_the_client_used() -> None:
    assert 'realm="http://127.0.0.1:5000/token"' in header(HTTP_HOST="127.0.0.1:5000")


@override_settings(HUB_TRUSTED_PROXIES=["10.0.0.0/8"])
def test_only_a_trusted_proxy_may_say_https() -> None:
    secure = {"HTTP_X_FORWARDED_PROTO": "https"}
    assert 'realm="https://' in header(**secure, REMOTE_ADDR="10.1.2.3")
    assert 'realm="http://' in header(**secure, REMOTE_ADDR="192.0.2.1")
    assert 'realm="http://' in header(HTTP_X_FORWARDED_PROTO='x"', REMOTE_ADDR="10.1.2.3")


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", 'a"b', "localhost:8000/x"])
def test_an_unknown_host_is_refused_and_the_setting_named(host: str) -> None:
    with pytest.raises(Refusal, match="HUB_HOSTS") as refused:
        challenge.require_known_host(RequestFactory().get("/v2/", HTTP_HOST=host))
    assert refused.value.answer.status == 400
