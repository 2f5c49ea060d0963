"""What the hub refuses to start with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection
from pytest_django import Settings

from hub import checks


def ids(**kwargs: Any) -> set[str]:
    return {str(message.id) for message in run_checks(tags=[checks.TAG], **kwargs)}


@pytest.fixture(autouse=True)
def sound(settings: Settings, tmp_path: Path) -> None:
    settings.HUB_STORAGE_URL = f"file://{tmp_path}/blobs"


def test_the_tests_own_settings_are_sound() -> None:
    assert ids() == set()


def test_debug_mode_is_refused(settings: Settings) -> None:
    settings.DEBUG = True
    assert ids() == {"hub.E001"}


def test_any_host_is_refused(settings: Settings) -> None:
    settings.HUB_HOSTS = ["hub.example.com", "*"]
    assert ids() == {"hub.E002"}


@pytest.mark.parametrize(
    "key", ["short", "a" * 64, "ab" * 32, "django-insecure-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c", "change-me" + "x8fk2" * 8]
)
def test_a_key_that_can_be_guessed_is_refused(settings: Settings, key: str) -> None:
    settings.HUB_FIELD_KEY = key
    assert ids() == {"hub.E003"}


def test_one_key_for_both_is_refused(settings: Settings) -> None:
    settings.HUB_FIELD_KEY = settings.SECRET_KEY
    assert ids() == {"hub.E003"}


@pytest.mark.parametrize("place", ["/proc/blobs", "/dev/null/blobs"])
def test_a_storage_folder_that_cannot_be_made_is_refused(settings: Settings, place: str) -> None:
    settings.HUB_STORAGE_URL = f"file://{place}"
    assert ids() == {"hub.E004"}


@pytest.mark.parametrize("url", ["s3://", "s3://bucket?key=secret", "ftp://x/y", "/srv/blobs"])
def test_a_storage_address_that_names_no_store_is_refused(settings: Settings, url: str) -> None:
    settings.HUB_STORAGE_URL = url
    assert ids() == {"hub.E004"}


def test_an_object_store_is_not_asked_at_the_start(settings: Settings) -> None:
    settings.HUB_STORAGE_URL = "s3://bucket?endpoint=http://127.0.0.1:1"
    assert ids() == set()


def test_plain_http_in_public_is_warned_about(settings: Settings) -> None:
    settings.HUB_IS_LOOPBACK, settings.HUB_IS_SECURE = False, False
    assert ids() == {"hub.W001"}


def test_https_in_public_behind_a_loopback_bind_is_fine(settings: Settings) -> None:
    settings.HUB_IS_LOOPBACK, settings.HUB_IS_SECURE, settings.HUB_BIND = False, True, "127.0.0.1"
    assert ids() == set()


def test_an_open_door_to_a_trial_is_warned_about(settings: Settings) -> None:
    settings.HUB_BIND = "0.0.0.0"
    assert ids() == {"hub.W002"}


@pytest.mark.django_db
def test_the_database_of_the_tests_keeps_what_it_promises() -> None:
    assert ids(databases=["default"]) == set()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_forgets_is_refused() -> None:
    """The setting of one connection; `fsync` and `full_page_writes` are looked at in the same way."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL" if sqlite else "SET synchronous_commit = off")
    try:
        assert ids(databases=["default"]) == {"hub.E006" if sqlite else "hub.E007"}
    finally:
        connection.close()


@pytest.mark.django_db
def test_a_process_ends_with_every_sentence(settings: Settings) -> None:
    settings.DEBUG = True
    settings.HUB_HOSTS = ["*"]
    with pytest.raises(SystemExit) as ended:
        checks.refuse_when_unsafe()
    lines = str(ended.value).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("DEBUG is on")
    assert lines[1].startswith("HUB_HOSTS holds a *")
