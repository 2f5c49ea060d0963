"""The trials: one fault, one story, and what must be so afterwards."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from repositories.failpoints import POINTS, Point
from tests.faults.actor import ERRORS, Order
from tests.faults.record import Unanswered
from tests.faults.scene import Died, Scene

#: Points that the collector passes, not the web server.
COLLECTING: tuple[Point, ...] = tuple(
    point for point in POINTS if point.startswith("collect.") or point == "file.remove"
)
FAILING: tuple[Point, ...] = ("file.create", "file.write", "file.sync", "file.sync-folder", "file.read")
#: Reads whose failure the client hears of: that of a finished upload, and the last one for a GET. Between them the hub
#: looks into configurations, and does without when it cannot.
LOUD: dict[Point, tuple[int, ...]] = {"file.read": (1, 7)}
#: Where the database may say nothing, or be gone.
AFTER_COMMIT: tuple[Point, ...] = tuple(point for point in POINTS if point.endswith((".committed", ".deleted")))
#: Which a story, or a collection, passes once.
ONCE = {*COLLECTING, "manifest.hidden", "manifest.deleted", "tag.dropped", "tag.deleted", "link.dropped"}
WITHIN: tuple[Point, ...] = ("blob.claimed", "mount.linked", "manifest.tagged", "manifest.hidden", "tag.dropped")


@dataclass(frozen=True, slots=True)
class Trial:
    """`order` is what happens, or None for a kill at a random moment."""

    order: Order | None
    seed: int

    @property
    def act(self) -> str:
        """What is done to the hub."""
        return self.order.act if self.order else "at random"

    @property
    def is_about_files(self) -> bool:
        return self.order is not None and self.order.point.startswith("file.")

    def __str__(self) -> str:
        return f"{self.order.act} at {self.order.point}, {self.order.nth}" if self.order else f"kill, seed {self.seed}"


def points(seed: int, *, on_files: bool = True) -> Iterator[Trial]:
    """Every point once, with everything that can happen there; which time it is reached depends on the seed. A hub
    whose blobs are in an object store passes no points of files."""
    return (trial for trial in _everywhere(seed) if on_files or not trial.is_about_files)


def _everywhere(seed: int) -> Iterator[Trial]:
    chance = random.Random(seed)
    for point in POINTS:
        yield Trial(Order(point, "kill", 1 if point in ONCE else chance.choice([1, 2])), seed)
    for point in FAILING:
        for error in ERRORS:
            yield Trial(Order(point, error, chance.choice(LOUD.get(point, (1, 2)))), seed)
    for point in AFTER_COMMIT:
        yield Trial(Order(point, "lost"), seed)
    for point in WITHIN:
        yield Trial(Order(point, "cut"), seed)


def attempt(scene: Scene, trial: Trial) -> None:
    """Errors: AssertionError, when something is not as it must be."""
    told = scene.told
    if trial.order is None:
        _kill_somewhere(scene, trial.seed)
    elif trial.order.point in COLLECTING:
        _break_collection(scene, trial.order, trial.seed)
    else:
        _break_story(scene, trial.order, trial.seed)
    scene.check(since=told)


def _break_story(scene: Scene, order: Order, seed: int) -> None:
    scene.give(order)
    try:
        scene.tell(seed)
    except Unanswered:
        pass
    else:
        raise AssertionError("the client noticed nothing")
    finally:
        reached = scene.withdraw()
    assert reached >= order.nth, f"the story does not pass {order.point} so often"
    if order.act == "kill":
        scene.restart()
    else:
        scene.tell(seed)  # the hub needs no help: the next story goes well


def _break_collection(scene: Scene, order: Order, seed: int) -> None:
    scene.tell(seed)
    scene.tell(seed + 1)
    scene.give(order)
    try:
        scene.collect()
    except Died:
        pass
    else:
        raise AssertionError("the collector went on")
    finally:
        reached = scene.withdraw()
    assert reached >= order.nth, f"the collection does not pass {order.point} so often"


def _kill_somewhere(scene: Scene, seed: int) -> None:
    """All of the web server, at a random moment of a story."""
    timer = threading.Timer(random.Random(seed).uniform(0.0, 0.8), scene.hub.kill)
    timer.start()
    try:
        while True:
            scene.tell(seed)
    except Unanswered:
        pass
    timer.join()
    scene.restart()
