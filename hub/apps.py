"""The roof as a Django app: its commands, its checks."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class HubConfig(AppConfig):
    name = "hub"
    verbose_name = "Hub"

    def ready(self) -> None:
        import_module("hub.checks")  # registers them
