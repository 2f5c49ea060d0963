"""How cached values are written in Redis: as JSON, because unpickling would run what somebody put there."""

from __future__ import annotations

import json
from typing import Any


class JSONSerializer:
    """Whole numbers stay bare, so that Redis can count with them."""

    def dumps(self, value: Any) -> bytes | int:
        """Errors: TypeError for a value that JSON does not know."""
        if type(value) is int:
            return value
        return json.dumps(value, separators=(",", ":")).encode()

    def loads(self, data: bytes | int) -> Any:
        """Errors: ValueError for bytes that are not JSON."""
        return data if isinstance(data, int) else json.loads(data)
