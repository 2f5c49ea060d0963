"""The settings as a whole, each in a fresh process: defaults, what follows from what, and refusals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.supervisor.place import Place
from tests.house import ROOT

KEYS = {"HUB_SECRET_KEY": "s3cret-" + "abcdefgh" * 5, "HUB_FIELD_KEY": "f1eld-" + "abcdefgh" * 5}
_SHOW = """
import json, sys
from hub import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def run(code: str, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    own = ("HUB_", "DATABASE_URL", "REDIS_URL", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(
        command, cwd=ROOT, env=kept | KEYS | variables, capture_output=True, text=True, timeout=60, check=False
    )


def settings(*names: str, **variables: str) -> dict[str, Any]:
    done = run(_SHOW, *names, **variables)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_defaults_are_a_trial_on_this_machine() -> None:
    found = settings("HUB_PUBLIC_URL", "HUB_HOSTS", "HUB_SIGNUP", "HUB_MAIL", "HUB_REGISTRY_HOST", "DATABASES", "DEBUG")
    assert found["HUB_PUBLIC_URL"] == "http://localhost:8000"
    assert set(found["HUB_HOSTS"]) == {"localhost", "127.0.0.1", "[::1]"}
    assert (found["HUB_SIGNUP"], found["HUB_MAIL"], found["HUB_REGISTRY_HOST"]) == ("open", "outbox", "localhost:8000")
    assert found["DATABASES"]["default"]["NAME"] == str(ROOT / "data" / "hub.sqlite3")
    assert found["DEBUG"] is False


def test_a_public_hub_is_strict() -> None:
    found = settings(
        *("HUB_HOSTS", "HUB_SIGNUP", "HUB_MAIL", "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS"),
        HUB_PUBLIC_URL="https://hub.example.com",
    )
    assert found["HUB_HOSTS"] == ["hub.example.com"]
    assert (found["HUB_SIGNUP"], found["HUB_MAIL"]) == ("closed", "none")
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000


def test_plain_http_on_this_machine_has_plain_cookies() -> None:
    found = settings("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
    assert not found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert (found["SESSION_COOKIE_SECURE"], found["SECURE_HSTS_SECONDS"]) == (False, 0)


def test_postgresql_has_limits_and_keeps_the_addresss_own_options() -> None:
    url = "postgres://me:pass%40word@db:5433/hub?sslmode=require"
    database = settings("DATABASES", DATABASE_URL=url)["DATABASES"]["default"]
    assert (database["USER"], database["PASSWORD"], database["PORT"]) == ("me", "pass@word", 5433)
    assert database["OPTIONS"]["sslmode"] == "require"
    assert "statement_timeout=15s" in database["OPTIONS"]["options"]
    assert database["CONN_HEALTH_CHECKS"] is True


def test_redis_is_queue_and_cache_and_both_speak_json(tmp_path: Path) -> None:
    (tmp_path / "redis").write_text("redis://:pass@cache:6379/1")
    found = settings("CELERY_BROKER_URL", "CELERY_ACCEPT_CONTENT", "CACHES", REDIS_URL_FILE=str(tmp_path / "redis"))
    assert found["CELERY_BROKER_URL"] == found["CACHES"]["default"]["LOCATION"] == "redis://:pass@cache:6379/1"
    assert found["CACHES"]["default"]["OPTIONS"]["serializer"] == "hub.cache.JSONSerializer"
    assert found["CELERY_ACCEPT_CONTENT"] == ["json"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", ["mail.example.com", 25, "", False, False]),
        ("smtp+tls://me:a%2Fb@mail.example.com", ["mail.example.com", 587, "a/b", True, False]),
        ("smtps://me:x@mail.example.com:4650", ["mail.example.com", 4650, "x", False, True]),
    ],
)
def test_a_mail_server_is_one_address(url: str, expected: list[Any]) -> None:
    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_USE_SSL")
    assert list(settings(*names, HUB_MAIL_URL=url).values()) == expected


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HUB_PORT", "80000"),
        ("HUB_PUBLIC_URL", "localhost"),
        ("HUB_SIGNUP", "everybody"),
        ("HUB_GC_GRACE", "soon"),
        ("DATABASE_URL", "mysql://me:hunter2@db/hub"),
        ("HUB_MAIL_URL", "pigeon://me:hunter2@loft"),
        ("HUB_SECRET_KEY", "hunter2"),
        ("HUB_LOG_LEVEL", "loud"),
        ("HUB_TRUSTED_PROXIES", "the-front-server"),
    ],
)
def test_a_command_refuses_a_wrong_value_in_one_line(variable: str, value: str, tmp_path: Path) -> None:
    code = "import runpy, sys; sys.argv = ['manage.py', 'check']; runpy.run_path('manage.py', run_name='__main__')"
    done = run(code, HUB_DATA_DIR=str(tmp_path), **{variable: value})
    assert done.returncode == 1
    assert done.stderr.startswith(variable), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "hunter2" not in done.stderr


def test_the_supervisor_and_the_settings_agree(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variables in (
        {},
        {"HUB_PORT": "8123"},
        {"HUB_DATA_DIR": str(tmp_path), "HUB_PUBLIC_URL": "https://hub.example.com"},
    ):
        for name in ("HUB_DATA_DIR", "HUB_BIND", "HUB_PORT", "HUB_PUBLIC_URL"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        place = Place.from_environment()
        found = settings("HUB_DATA_DIR", "HUB_BIND", "HUB_PORT", "HUB_PUBLIC_URL", **variables)
        assert [str(place.data), place.bind, place.port, place.url] == list(found.values())
