"""Manifests and what they refer to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from repositories.fields import DigestField
from repositories.models.blobs import BlobLink
from repositories.models.keeping import KEEP
from repositories.models.repositories import Repository


class Manifest(models.Model):
    """A pushed document, byte for byte. One row per (repository, digest); `deleted_at` hides it until it is purged."""

    repository = models.ForeignKey(Repository, on_delete=KEEP, related_name="manifests")
    digest = DigestField()
    media_type = models.CharField(max_length=255)
    artifact_type = models.CharField(max_length=255, blank=True)
    subject_digest = DigestField(null=True)
    payload = models.BinaryField()
    size = models.PositiveIntegerField()
    total_size = models.PositiveBigIntegerField()  # of everything it lists, each digest once; what a pull moves
    platform_os = models.CharField(max_length=64, blank=True)
    platform_architecture = models.CharField(max_length=64, blank=True)
    platform_variant = models.CharField(max_length=64, blank=True)
    annotations = models.JSONField(default=dict)
    pushed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    idle_since = models.DateTimeField(default=timezone.now)  # last time it was pushed or lost a tag or a parent
    deleted_at = models.DateTimeField(null=True)
    last_pulled_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["repository", "digest"], name="one_manifest_per_digest"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["repository", "subject_digest", "artifact_type", "id"],
                condition=Q(subject_digest__isnull=False),
                name="manifests_by_subject",
            ),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="manifests_deleted"),
            models.Index(fields=["idle_since"], name="manifests_by_idleness"),
        ]


class ManifestReference(models.Model):
    """One descriptor of a manifest. `link` or `child` when this repository holds it; neither for foreign layers and
    for subjects, which need not exist."""

    class Role(models.TextChoices):
        CONFIG = "config"
        LAYER = "layer"
        CHILD = "child"
        SUBJECT = "subject"
        FOREIGN = "foreign"

    manifest = models.ForeignKey(Manifest, on_delete=KEEP, related_name="references")
    role = models.CharField(max_length=7, choices=Role.choices)
    ordinal = models.PositiveIntegerField()
    digest = DigestField()
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=255, blank=True)
    link = models.ForeignKey(BlobLink, null=True, on_delete=KEEP, related_name="references")
    child = models.ForeignKey(Manifest, null=True, on_delete=KEEP, related_name="parents")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["manifest", "role", "ordinal"], name="one_reference_per_place"),
            models.CheckConstraint(
                name="a_reference_points_where_its_role_says",
                condition=Q(role__in=["config", "layer"], link__isnull=False, child__isnull=True)
                | (
                    Q(role="child")
                    & (Q(link__isnull=False, child__isnull=True) | Q(link__isnull=True, child__isnull=False))
                )
                | Q(role__in=["subject", "foreign"], link__isnull=True, child__isnull=True),
            ),
            models.CheckConstraint(
                name="no_manifest_lists_itself", condition=Q(child__isnull=True) | ~Q(child=F("manifest"))
            ),
        ]
