"""Column types of names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    _Text = models.CharField[str, str]
else:
    _Text = models.CharField


class NameField(_Text):
    """Text compared and sorted byte by byte on every database, as the distribution specification lists tags."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        parameters["collation"] = {"postgresql": "C", "sqlite": "BINARY"}.get(connection.vendor)
        return parameters
