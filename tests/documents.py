"""Manifests and indexes as dictionaries, for tests that change one thing about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.registry import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, descriptor

#: The configuration of :func:`image`; push it first.
EMPTY = b"{}"


def image(**changes: Any) -> dict[str, Any]:
    """A manifest whose configuration is EMPTY, without layers; None takes a field away."""
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(EMPTY, OCI_CONFIG),
        "layers": [],
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}


def index(*manifests: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """An index of these descriptors; None takes a field away."""
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(manifests), **changes}
    return {name: value for name, value in document.items() if value is not None}
