"""Column types of content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from repositories.oci import digests
from repositories.oci.digests import Digest

if TYPE_CHECKING:
    _Packed = models.BinaryField[Any, Any]
else:
    _Packed = models.BinaryField


class DigestField(_Packed):
    """A :class:`Digest`, stored packed (33 or 65 bytes): half the index of its text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 65, **kwargs})

    def from_db_value(self, value: Any, *_: Any) -> Digest | None:
        return None if value is None else digests.unpack(bytes(value))

    def get_prep_value(self, value: Any) -> Any:
        return value.pack() if isinstance(value, Digest) else super().get_prep_value(value)

    def to_python(self, value: Any) -> Any:
        return digests.parse(value) if isinstance(value, str) else value
