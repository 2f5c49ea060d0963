"""Stored objects: on their way in, held by repositories, and on their way out."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Namespace, User
from repositories.fields import DigestField
from repositories.models.keeping import KEEP
from repositories.models.repositories import Repository


class Blob(models.Model):
    """A stored, complete, immutable object. Rows change only with what is known of their bytes.

    `verified_at`: when the bytes were last compared with the digest, on their way in or by the scrub; `corrupt`: what
    came of it. A corrupt blob gets another object, and another key, by a push of its digest.
    """

    digest = DigestField(unique=True)
    size = models.PositiveBigIntegerField()
    storage_key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    verified_at = models.DateTimeField(default=timezone.now)
    corrupt = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["verified_at", "id"], name="blobs_by_verification"),
            models.Index(fields=["id"], condition=Q(corrupt=True), name="blobs_that_are_corrupt"),
        ]


class NamespaceBlob(models.Model):
    """How many charged links of a namespace's repositories hold a blob: the namespace pays once, while `refs` > 0."""

    namespace = models.ForeignKey(Namespace, on_delete=KEEP, related_name="+")
    blob = models.ForeignKey(Blob, on_delete=KEEP, related_name="+")
    refs = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["namespace", "blob"], name="one_charge_per_blob"),
            models.CheckConstraint(name="refs_counted", condition=Q(refs__gt=0)),
        ]


class BlobLink(models.Model):
    """A blob in a repository: the row that decides whether it may be read there.

    `charged`: counted in `NamespaceBlob`. `expires_at`: when garbage collection may take it unless a manifest
    references it; null while a living manifest does.
    """

    repository = models.ForeignKey(Repository, on_delete=KEEP, related_name="links")
    blob = models.ForeignKey(Blob, on_delete=KEEP, related_name="links")
    charged = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["repository", "blob"], name="one_link_per_blob"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="links_that_expire"),
        ]


class Upload(models.Model):
    """A blob on its way in. `offset` bytes are kept; `digest_at_offset` is their digest, so that finishing compares.

    `lease_token`: the one request that may write until `lease_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    repository = models.ForeignKey(Repository, on_delete=KEEP, related_name="uploads")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")  # its object and its room must go first
    storage_key = models.CharField(max_length=64, unique=True)
    offset = models.PositiveBigIntegerField(default=0)
    algorithm = models.CharField(max_length=6, default="sha256")
    digest_at_offset = DigestField(null=True)
    hash_state = models.BinaryField(null=True, max_length=256)  # raw libcrypto context at `offset`
    multipart_id = models.CharField(max_length=255, blank=True)
    parts = models.JSONField(default=list)
    tail_length = models.PositiveIntegerField(default=0)
    reserved = models.PositiveBigIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)


class Trash(models.Model):
    """A stored object that nothing names any more, waiting to be unlinked.

    `digest`: of an upload that was finished with content that was here already.
    """

    storage_key = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    digest = DigestField(null=True)
    not_before = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)


class BlobReview(models.Model):
    """A blob that lost a link: garbage collection asks whether it has any left."""

    blob = models.OneToOneField(Blob, primary_key=True, on_delete=KEEP, related_name="review")
    not_before = models.DateTimeField(db_index=True)
