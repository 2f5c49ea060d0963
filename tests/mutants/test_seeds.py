"""A seed whose place is gone would be caught by any test: it breaks nothing but itself."""

from __future__ import annotations

import pytest

from tests.live import ROOT
from tests.mutants.seeds import SEEDS, Seed


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_the_code_is_as_the_seed_expects(seed: Seed) -> None:
    assert (ROOT / seed.file).read_text().count(seed.right) == 1
    assert all((ROOT / path).exists() for path in seed.tests)
