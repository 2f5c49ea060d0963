"""The list of edge cases and the tests of them agree, both ways."""

from __future__ import annotations

from tests.protocol.edges import numbers


def test_every_case_is_written_down_once_and_in_order() -> None:
    assert numbers.documented() == list(numbers.CASES)


def test_what_is_written_down_is_tested_and_what_is_tested_is_written_down() -> None:
    assert set(numbers.documented()) == set(numbers.tests())
