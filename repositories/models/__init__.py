"""Tables of content. Fields and constraints only; the rules are in the module of each noun.

Foreign keys inside this floor say DO_NOTHING: the database itself refuses to orphan a row (checked at once, not at
commit), nothing cascades in Python, and a DELETE is one statement. Only `garbage` and the rules delete, explicitly.

State of a stored object: exactly one of `Upload`, `Blob`, `Trash` holds its key, and a key is used once.
"""

from __future__ import annotations

from repositories.models.blobs import Blob, BlobLink, BlobReview, NamespaceBlob, Trash, Upload
from repositories.models.manifests import Manifest, ManifestReference
from repositories.models.repositories import Repository, RepositoryGrant, RepositoryName
from repositories.models.tags import PullDay, PullWriter, Tag, TagEvent
from repositories.models.usage import NamespaceUsage, Plan

__all__ = [
    "Blob",
    "BlobLink",
    "BlobReview",
    "Manifest",
    "ManifestReference",
    "NamespaceBlob",
    "NamespaceUsage",
    "Plan",
    "PullDay",
    "PullWriter",
    "Repository",
    "RepositoryGrant",
    "RepositoryName",
    "Tag",
    "TagEvent",
    "Trash",
    "Upload",
]
