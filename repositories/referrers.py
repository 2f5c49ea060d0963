"""Referrers: the manifests of a repository whose subject is a digest (distribution-spec, "Listing Referrers")."""

from __future__ import annotations

from typing import Any

from repositories import reach
from repositories.models import Repository
from repositories.oci.digests import Digest


def of(repository: Repository, subject: Digest, *, artifact_types: list[str] | None = None) -> list[dict[str, Any]]:
    """Descriptors of the living manifests with this subject, oldest first; several types mean any of them."""
    rows = reach.living(repository).filter(subject_digest=subject).defer("payload").order_by("pk")
    if artifact_types:
        rows = rows.filter(artifact_type__in=artifact_types)
    return [
        {
            "mediaType": row.media_type,
            "digest": str(row.digest),
            "size": row.size,
            **({"artifactType": row.artifact_type} if row.artifact_type else {}),
            **({"annotations": row.annotations} if row.annotations else {}),
        }
        for row in rows
    ]
