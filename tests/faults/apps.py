"""Puts the actor behind the failpoints of every process that runs with :mod:`tests.faults.settings`."""

from __future__ import annotations

from django.apps import AppConfig

from repositories import failpoints
from tests.faults import actor


class FaultsConfig(AppConfig):
    name = "tests.faults"

    def ready(self) -> None:
        failpoints.act = actor.at
