"""What a namespace may hold, and what it holds."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import Namespace
from repositories.models.keeping import KEEP


class Plan(models.Model):
    """Limits that a namespace lives under; null means no limit."""

    name = models.CharField(max_length=32, unique=True)
    private_repositories = models.PositiveIntegerField(null=True, blank=True)
    bytes = models.PositiveBigIntegerField(null=True, blank=True)
    pulls = models.PositiveIntegerField(
        null=True, blank=True, help_text="Pulls in a window (HUB_PULL_WINDOW) of the person whose namespace is on it."
    )

    def __str__(self) -> str:
        return self.name


class NamespaceUsage(models.Model):
    """The counters of one namespace, alone in a narrow row; changed only by conditional UPDATEs of `quotas`,
    and counted anew by the audit.

    `used` = distinct charged blob bytes + living manifest bytes; `reserved` = bytes promised to running uploads.
    """

    namespace = models.OneToOneField(Namespace, primary_key=True, on_delete=KEEP, related_name="usage")
    plan = models.ForeignKey(Plan, on_delete=KEEP)
    byte_limit = models.PositiveBigIntegerField(null=True, blank=True)  # overrides the plan's
    used = models.PositiveBigIntegerField(default=0)
    reserved = models.PositiveBigIntegerField(default=0)
    private_repositories = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="usage_not_negative", condition=Q(used__gte=0, reserved__gte=0)),
            models.CheckConstraint(name="private_count_not_negative", condition=Q(private_repositories__gte=0)),
        ]
