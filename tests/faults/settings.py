"""The hub's settings, and an app that makes something happen at its failpoints. Nothing else can."""

from __future__ import annotations

from hub.settings import *  # noqa: F403
from hub.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults"]
