"""No case is left out, and none is tested twice without a reason."""

from __future__ import annotations

from tests.protocol.edges import numbers


def test_every_case_has_a_test() -> None:
    found = numbers.tests()
    assert sorted(set(numbers.CASES) - set(found)) == []
    assert sorted(set(found) - set(numbers.CASES)) == []
    assert {case for case, names in found.items() if len(names) > 1} == set(numbers.SEVERAL)
