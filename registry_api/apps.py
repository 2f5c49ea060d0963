"""The registry door: HTTP of the OCI distribution protocol."""

from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "registry_api"
    verbose_name = "Registry"
