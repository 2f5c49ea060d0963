"""Every failpoint, with everything that can happen there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import trials
from tests.faults.scene import Scene, scene
from tests.faults.trials import Trial

SEED = 1
SOMEWHERE = [Trial(None, seed) for seed in range(SEED, SEED + 3)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("faults")) as made:
        yield made
        made.compare()


@pytest.mark.live
@pytest.mark.parametrize("trial", [*trials.points(SEED), *SOMEWHERE], ids=str)
def test_nothing_acknowledged_is_lost(stage: Scene, trial: Trial) -> None:
    trials.attempt(stage, trial)
