"""The bases of every shape that comes in: what it does not name is refused, so a typing error never passes silently."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Explicit fields only. Errors: ValidationError, also for fields that are unknown or cannot be set."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, dict):
            known = {name for name, field in self.fields.items() if not field.read_only}
            strange = sorted(str(name)[:64] for name in set(data) - known)
            if strange:
                raise serializers.ValidationError({name: ["This is not a field of the request."] for name in strange})
        found: dict[str, Any] = super().to_internal_value(data)
        return found


class TextField(serializers.CharField):
    """Text, and no number or truth that could be read as text; not only blanks, unless `allow_blank`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        expression = r"^[^\x00]*$" if self.allow_blank else r"^[^\x00]*[^\s\x00][^\x00]*$"
        self.validators.append(RegexValidator(expression, "Write some text, without null characters."))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)
