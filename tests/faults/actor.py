"""What happens at a failpoint: what an order in the data folder says, when the point is reached for the nth time."""

from __future__ import annotations

import errno
import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection

from repositories.failpoints import Point

ERRORS = ("ENOSPC", "EIO", "EROFS")


@dataclass(frozen=True, slots=True)
class Order:
    """`act`: `kill` the process group · an errno of ERRORS · `lost`: the database's reply is lost · `cut`: its
    connection is."""

    point: Point
    act: str
    nth: int = 1

    def give(self, data: Path) -> None:
        """From now on it is obeyed, once."""
        (data / "reached").write_bytes(b"")
        whole = data / "order.new"
        whole.write_text(json.dumps(asdict(self)))
        whole.replace(data / "order")

    @staticmethod
    def withdraw(data: Path) -> int:
        """Nothing happens any more; returns how often the point was reached."""
        (data / "order").unlink(missing_ok=True)
        return (data / "reached").stat().st_size


def at(point: Point) -> None:
    """Obey the order, if there is one for this point."""
    data = Path(settings.HUB_DATA_DIR)
    try:
        order = Order(**json.loads((data / "order").read_bytes()))
    except FileNotFoundError:
        return
    if order.point == point and _count(data / "reached") == order.nth:
        _obey(order.act)


def _count(reached: Path) -> int:
    """How often, in all processes: a byte each."""
    with reached.open("ab", buffering=0) as file:
        file.write(b".")
        return file.tell()


def _obey(act: str) -> None:
    if act == "kill":
        os.killpg(0, signal.SIGKILL)  # everything that the tests start has a session of its own
    elif act == "lost":
        raise OperationalError("the reply was lost")
    elif act == "cut":
        connection.connection.close()
    else:
        raise OSError(getattr(errno, act), act)
