"""The base of every shape that comes in: what it does not name is refused, so a typing error never passes silently."""

from __future__ import annotations

from typing import Any

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
