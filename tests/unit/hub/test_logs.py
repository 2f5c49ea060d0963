"""A log line is one event, whatever a client wrote into it."""

from __future__ import annotations

import logging

import pytest

from hub.logs import LineFormatter


def line(message: str, *, error: BaseException | None = None) -> str:
    story = (type(error), error, None) if error else None
    record = logging.LogRecord("hub.test", logging.WARNING, "file", 1, message, (), story)
    record.created = 0
    return LineFormatter().format(record)


def test_a_line_says_when_how_bad_where_and_what() -> None:
    assert line("a blob of 5 bytes") == "1970-01-01T00:00:00Z WARNING hub.test a blob of 5 bytes"


@pytest.mark.parametrize("evil", ["\r", "\x1b[2J", "\0", "\u2028", "\u202e", "\x85"])
def test_control_characters_are_shown_not_obeyed(evil: str) -> None:
    assert evil not in line(f"name{evil}end")
    assert line(f"name{evil}end").isprintable()


def test_a_forged_line_is_indented() -> None:
    forged = line("name\n1970-01-01T00:00:00Z INFO hub.test all is well")
    assert forged.splitlines()[1].startswith("    1970")


def test_letters_of_any_language_stay() -> None:
    assert line("größe 大小").endswith("größe 大小")


def test_an_error_brings_its_story() -> None:
    assert "ValueError: five" in line("failed", error=ValueError("five"))
