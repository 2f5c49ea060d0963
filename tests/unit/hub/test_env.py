"""The readers of variables: what they accept, and the one sentence they refuse with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub import env

GOOD: list[tuple[Callable[[], Any], str, Any]] = [
    (lambda: env.text("X", "d"), "  words  ", "words"),
    (lambda: env.text("X", "d"), "", "d"),
    (lambda: env.flag("X", False), "Yes", True),
    (lambda: env.flag("X", True), "0", False),
    (lambda: env.flag("X", True), "", True),
    (lambda: env.count("X", 5, low=1, high=9), "9", 9),
    (lambda: env.count("X", 5), "", 5),
    (lambda: env.size("X", 1), "512k", 512 * 1024),
    (lambda: env.size("X", 1), "4MiB", 4 * 1024**2),
    (lambda: env.size("X", 1), "1000", 1000),
    (lambda: env.span("X", "1h"), "90", timedelta(seconds=90)),
    (lambda: env.span("X", "1h"), "14d", timedelta(days=14)),
    (lambda: env.span("X", "1h"), "", timedelta(hours=1)),
    (lambda: env.choice("X", "a", ("a", "b")), "B", "b"),
    (lambda: env.names("X"), "one, two  three", ["one", "two", "three"]),
    (lambda: env.names("X", ("d",)), "", ["d"]),
    (lambda: env.origin("X", ""), "https://hub.example.com/", "https://hub.example.com"),
    (lambda: env.origin("X", ""), "", ""),
    (lambda: env.origin("X", ""), "http://[::1]:8000", "http://[::1]:8000"),
    (lambda: env.address("X", "127.0.0.1"), "localhost", "127.0.0.1"),
    (lambda: env.address("X", "127.0.0.1"), "::", "::"),
    (lambda: env.address("X", "127.0.0.1"), "", "127.0.0.1"),
]
BAD: list[tuple[Callable[[], Any], str, str]] = [
    (lambda: env.flag("X", False), "maybe", "1 or 0"),
    (lambda: env.count("X", 5, low=1, high=9), "10", "from 1 to 9"),
    (lambda: env.count("X", 5), "-1", "a whole number"),
    (lambda: env.count("X", 5), "٣", "a whole number"),
    (lambda: env.size("X", 1), "4 apples", "bytes such as"),
    (lambda: env.span("X", "1h"), "1 week", "a length of time"),
    (lambda: env.span("X", "1h", low=1), "0", "a length of time of 1s or more"),
    (lambda: env.choice("X", "a", ("a", "b")), "c", "one of a, b"),
    (lambda: env.address("X", ""), "hub.example.com", "an IP address such as"),
    (lambda: env.origin("X", ""), "hub.example.com", "an address such as"),
    (lambda: env.origin("X", ""), "https://hub.example.com/path", "an address such as"),
    (lambda: env.origin("X", ""), "ftp://hub.example.com", "an address such as"),
    (lambda: env.origin("X", ""), "https://hub.example.com:port", "an address such as"),
    (lambda: env.origin("X", ""), "https://me:secret@hub.example.com", "an address such as"),
]


@pytest.mark.parametrize(("read", "given", "expected"), GOOD)
def test_a_reader_understands(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any], given: str, expected: Any
) -> None:
    monkeypatch.setenv("X", given)
    assert read() == expected


@pytest.mark.parametrize(("read", "given", "sentence"), BAD)
def test_a_reader_refuses_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any], given: str, sentence: str
) -> None:
    monkeypatch.setenv("X", given)
    with pytest.raises(env.SettingError) as refused:
        read()
    assert str(refused.value).startswith("X is ")
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_path_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("X", "some/where")
    assert env.path("X", Path("/elsewhere")) == tmp_path / "some/where"


def test_a_sealed_text_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://:pass@host\n")
    monkeypatch.setenv("X_FILE", str(tmp_path / "url"))
    assert env.sealed("X") == "redis://:pass@host"


def test_a_value_and_a_file_are_one_too_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X", "value")
    monkeypatch.setenv("X_FILE", str(tmp_path / "file"))
    with pytest.raises(env.SettingError, match=r"X_FILE is .* expected to be unset"):
        env.sealed("X")


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X_FILE", str(tmp_path / "absent"))
    with pytest.raises(env.SettingError, match="absent"):
        env.sealed("X")


def test_a_secret_has_a_fallback_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    assert env.secret("X", tmp_path / "key") == "k" * 40


def test_a_secret_is_required() -> None:
    with pytest.raises(env.SettingError, match="X is 'unset'"):
        env.secret("X")


def test_a_short_secret_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "hunter2")
    with pytest.raises(env.SettingError) as refused:
        env.secret("X")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("hub.localhost", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine(host: str, expected: bool) -> None:
    assert env.is_loopback(host) is expected
