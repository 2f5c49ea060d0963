"""Tags, where they pointed before, and how often they were pulled."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.fields import NameField
from accounts.models import User
from repositories.fields import DigestField
from repositories.models.keeping import KEEP
from repositories.models.manifests import Manifest
from repositories.models.repositories import Repository


class Tag(models.Model):
    """A name for a manifest. It remembers the digest algorithm it was pushed under: its manifest row has it."""

    repository = models.ForeignKey(Repository, on_delete=KEEP, related_name="tags")
    name = NameField(max_length=128)
    manifest = models.ForeignKey(Manifest, on_delete=KEEP, related_name="tags")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["repository", "name"], name="one_tag_per_name")]
        indexes: ClassVar = [models.Index(fields=["repository", "-updated_at", "-id"], name="tags_by_date")]

    def __str__(self) -> str:
        return self.name


class TagEvent(models.Model):
    """One move of a tag: who pointed it from which digest to which; append-only."""

    repository = models.ForeignKey(Repository, on_delete=KEEP, related_name="tag_events")
    name = NameField(max_length=128)
    old_digest = DigestField(null=True)
    new_digest = DigestField(null=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["repository", "name", "-at"], name="events_of_a_tag")]


class PullDay(models.Model):
    """Pulls of one tag or digest of a repository in one day (UTC)."""

    repository = models.ForeignKey(Repository, on_delete=KEEP, related_name="pull_days")
    day = models.DateField()
    reference = NameField(max_length=150)
    pulls = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["repository", "day", "reference"], name="one_count_per_day"),
        ]
        indexes: ClassVar = [models.Index(fields=["repository", "reference"], name="pulls_of_a_reference")]


class PullWriter(models.Model):
    """A process that writes pulls down, and the last batch that it wrote: what is tried again counts once."""

    id = models.CharField(max_length=32, primary_key=True)
    batch = models.PositiveBigIntegerField()
    at = models.DateTimeField()
