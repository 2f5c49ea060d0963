"""`seed_demo`: what it makes, that it may run twice, and where it refuses."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests.make import content, people
from tests.web.reading import client_of, get

pytestmark = pytest.mark.django_db


def seed(*options: str) -> str:
    out = StringIO()
    call_command("seed_demo", *options, stdout=out)
    return out.getvalue()


def test_it_fills_the_hub_and_may_run_twice() -> None:
    said = seed()

    first = get(client_of(), "/explore")
    assert "10 repositories" in first.text
    alice = Client()
    password = re.search(r"user alice: password (\S+)", said)
    assert password
    alice.post("/accounts/login/", {"login": "alice", "password": password[1]})
    assert get(alice, "/alice/notes").headings(1) == ["notes Private"]
    tag = get(client_of(), "/alice/docker-quickstart/-/tags/1.4.2", platform="linux/arm64")
    assert "RUN npm ci --omit=dev" in tag.text
    assert "= 1.4 = latest" in tag.text

    again = seed()
    assert "user alice: there already, the password is unchanged" in again
    assert get(client_of(), "/explore").headings(2) == first.headings(2)


def test_what_does_not_fit_is_left_out_with_the_reason() -> None:
    alice = people.user("alice")
    content.repository(alice, "mine", private=True)

    assert "repository alice/notes: left out. The Free plan allows 1 private repository" in seed()


def test_it_refuses_where_others_can_reach_the_hub(settings: Any) -> None:
    settings.HUB_IS_LOOPBACK = False
    settings.HUB_PUBLIC_URL = "https://hub.example.com"

    with pytest.raises(CommandError, match="is not a local hub"):
        seed()
    assert get(client_of(), "/alice").status == 404
    assert "user alice: password" in seed("--force")
