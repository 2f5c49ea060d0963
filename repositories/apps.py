"""The floor of content."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RepositoriesConfig(AppConfig):
    name = "repositories"
    verbose_name = "Content"

    def ready(self) -> None:
        post_migrate.connect(_ensure_plans, sender=self)


def _ensure_plans(**_: Any) -> None:
    from repositories import quotas  # noqa: PLC0415  models are not loaded when this module is

    quotas.ensure_free_plan()
