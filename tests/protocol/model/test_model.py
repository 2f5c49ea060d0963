"""Random sequences of the protocol, against a registry in dictionaries: whatever people do in whatever order, the hub
answers what `registry.Model` says, and has in the end what the model has.

The sequences are the same in every run. `MODEL_SEED=<number>` makes others, `MODEL_EXAMPLES=<number>` more of them. A
failure prints the shortest sequence that shows it, as calls of the rules.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from itertools import count
from typing import cast

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.live import Hub, running
from tests.protocol.model.images import Images
from tests.protocol.model.machine import STEPS, World
from tests.protocol.model.pushing import Pushing
from tests.protocol.model.reading import Reading

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "200"))
SEED = int(os.environ.get("MODEL_SEED", "1"))
#: Where two tests run at a time, each has a hub.
HALVES = [0, 1]


class RegistryMachine(Pushing, Images, Reading):
    """All of the rules."""


@pytest.fixture(scope="module")
def roomy_hub() -> Iterator[Hub]:
    """A sequence that failed leaves its uploads, and is tried many times."""
    with running(HUB_MAX_UPLOADS="1000000") as started:
        yield started


@pytest.mark.timeout(1200)  # a failure is run again and again, to find its shortest sequence
@pytest.mark.parametrize("half", HALVES)
def test_every_sequence_goes_as_in_the_model(roomy_hub: Hub, caplog: pytest.LogCaptureFixture, half: int) -> None:
    caplog.set_level(logging.WARNING, "httpx")  # the requests of the sequence that fails are enough
    world = World.of(roomy_hub, count(1 + half, len(HALVES)))
    seeds = count(SEED * 1000 + half, len(HALVES))
    wanted = EXAMPLES // len(HALVES)
    while world.examples < wanted:  # some examples end early, and are not counted
        run(world, next(seeds), wanted - world.examples)
    print(f"model: {world}")


def run(world: World, number: int, examples: int) -> None:
    """So many examples, those of a seed. Errors: AssertionError, with the shortest sequence that fails."""
    rules = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        report_multiple_bugs=False,
        print_blob=False,
    )
    machine = seed(number)(lambda: RegistryMachine(world))
    run_state_machine_as_test(cast(type[RegistryMachine], machine), settings=rules)
