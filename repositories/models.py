"""Tables of content. Fields and constraints only; the rules are in the module of each noun.

Foreign keys inside this floor say DO_NOTHING: the database itself refuses to orphan a row (checked at once, not at
commit), nothing cascades in Python, and a DELETE is one statement. Only `garbage` and the rules delete, explicitly.

State of a stored object: exactly one of `Upload`, `Blob`, `Trash` holds its key, and a key is used once.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.fields import NameField
from accounts.models import Namespace, Team, User
from repositories.fields import DigestField
from repositories.oci.names import FULL_NAME_MAX

KEEP = models.DO_NOTHING


class Plan(models.Model):
    """Limits that a namespace lives under; null means no limit."""

    name = models.CharField(max_length=32, unique=True)
    private_repositories = models.PositiveIntegerField(null=True, blank=True)
    bytes = models.PositiveBigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class NamespaceUsage(models.Model):
    """The counters of one namespace, alone in a narrow row; changed only by conditional UPDATEs of `quotas`.

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


class Repository(models.Model):
    """A named collection of manifests, tags and links to blobs; `name` is everything behind the namespace."""

    namespace = models.ForeignKey(Namespace, on_delete=KEEP, related_name="repositories")
    name = NameField(max_length=FULL_NAME_MAX)
    visibility = models.CharField(max_length=7, choices=Namespace.Visibility.choices)
    description = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    pushed_at = models.DateTimeField(null=True, blank=True)

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


class Blob(models.Model):
    """A stored, complete, immutable object. Rows never change, except that the scrub may mark one."""

    digest = DigestField(unique=True)
    size = models.PositiveBigIntegerField()
    storage_key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    verified_at = models.DateTimeField(null=True)
    corrupt = models.BooleanField(default=False)


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
