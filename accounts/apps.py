"""The floor of people."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate

from accounts import addresses


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        post_migrate.connect(_make_site_namespace, sender=self)
        try:
            addresses.networks(tuple(settings.HUB_TRUSTED_PROXIES))
        except ValueError as error:
            raise ImproperlyConfigured(f"HUB_TRUSTED_PROXIES: {error}.") from error


def _make_site_namespace(*, using: str, **_: Any) -> None:
    """After every migration that leaves our tables in place, `library` exists."""
    from accounts import namespaces  # noqa: PLC0415  needs the models, which are not there yet when this file is read
    from accounts.models import Namespace, NamespaceName  # noqa: PLC0415

    needed = {Namespace._meta.db_table, NamespaceName._meta.db_table}
    if using == DEFAULT_DB_ALIAS and needed <= set(connections[using].introspection.table_names()):
        namespaces.ensure_site_namespace()
