"""Repositories, their names, and who was granted what in them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.fields import NameField
from accounts.models import Namespace, Team, User
from repositories.models.keeping import KEEP
from repositories.oci.names import FULL_NAME_MAX


class Repository(models.Model):
    """A named collection of manifests, tags and links to blobs; `name` is everything behind the namespace."""

    namespace = models.ForeignKey(Namespace, on_delete=KEEP, related_name="repositories")
    name = NameField(max_length=FULL_NAME_MAX)
    visibility = models.CharField(max_length=7, choices=Namespace.Visibility.choices)
    description = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    pushed_at = models.DateTimeField(null=True, blank=True)
    pulls = models.PositiveBigIntegerField(default=0, editable=False)  # the sum of its `PullDay`s

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["namespace", "name"], name="one_repository_per_name"),
            models.CheckConstraint(
                name="repository_visibility_known", condition=Q(visibility__in=["public", "private"])
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["visibility", "-pushed_at"], name="repositories_by_push")]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """``namespace/name``; needs `namespace` loaded."""
        return f"{self.namespace.name}/{self.name}"

    @property
    def is_private(self) -> bool:
        return self.visibility == Namespace.Visibility.PRIVATE


class RepositoryName(models.Model):
    """Every full name a repository has or had. All look-ups go through here, in byte order."""

    class State(models.TextChoices):
        CURRENT = "current"
        ALIAS = "alias"
        RETIRED = "retired"

    full_name = NameField(max_length=FULL_NAME_MAX, unique=True)
    repository = models.ForeignKey(Repository, null=True, on_delete=KEEP, related_name="names")
    namespace = models.ForeignKey(Namespace, on_delete=KEEP, related_name="+")  # who may use a retired name again
    state = models.CharField(max_length=7, choices=State.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["repository"], condition=Q(state="current"), name="one_current_name_per_repository"
            ),
            models.CheckConstraint(
                name="a_retired_name_has_no_repository",
                condition=Q(state="retired", repository__isnull=True)
                | Q(state__in=["current", "alias"], repository__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name


class RepositoryGrant(models.Model):
    """A permission of one user or one team on one repository, or on all of a namespace that match a pattern."""

    class Level(models.IntegerChoices):
        READ = 1
        WRITE = 2
        ADMIN = 3

    namespace = models.ForeignKey(Namespace, on_delete=models.CASCADE, related_name="grants")
    repository = models.ForeignKey(Repository, null=True, on_delete=models.CASCADE, related_name="grants")
    pattern = NameField(max_length=FULL_NAME_MAX, blank=True)  # of `Repository.name`, `*` for any run of characters
    like = NameField(max_length=2 * FULL_NAME_MAX, blank=True, editable=False)  # the pattern as SQL's LIKE wants it
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="grants")
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="grants")
    level = models.PositiveSmallIntegerField(choices=Level.choices)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_grant_is_for_a_user_or_a_team",
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
            ),
            models.CheckConstraint(
                name="a_grant_is_on_a_repository_or_a_pattern",
                condition=(Q(repository__isnull=False) & Q(pattern="")) | (Q(repository__isnull=True) & ~Q(pattern="")),
            ),
            models.CheckConstraint(name="grant_level_known", condition=Q(level__in=[1, 2, 3])),
            models.UniqueConstraint(fields=["repository", "user"], name="one_grant_per_user"),
            models.UniqueConstraint(fields=["repository", "team"], name="one_grant_per_team"),
            models.UniqueConstraint(
                fields=["namespace", "pattern", "user"], condition=~Q(pattern=""), name="one_pattern_grant_per_user"
            ),
            models.UniqueConstraint(
                fields=["namespace", "pattern", "team"], condition=~Q(pattern=""), name="one_pattern_grant_per_team"
            ),
        ]
