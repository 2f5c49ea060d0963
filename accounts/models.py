"""Tables of people: users, namespaces and their names, memberships, teams, access tokens, signing keys.

Fields and constraints only; the rules are in the module of each noun.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import NameField
from accounts.names import NAME_MAX
from accounts.roles import Role
from accounts.scopes import TokenScope


class User(AbstractUser):
    """A person. `uid` is the subject of bearer tokens; a higher `token_epoch` ends all bearer tokens at once."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    username = NameField(max_length=NAME_MAX, unique=True)
    email = models.EmailField(blank=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_epoch = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="one_user_per_email", condition=~Q(email="")),
        ]


class Namespace(models.Model):
    """The first component of repository names, owned by a person, an organization or the hub's staff."""

    class Kind(models.TextChoices):
        PERSONAL = "personal"
        ORGANIZATION = "organization"
        SITE = "site"

    class Visibility(models.TextChoices):
        PUBLIC = "public"
        PRIVATE = "private"

    name = NameField(max_length=NAME_MAX, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    user = models.OneToOneField(User, null=True, blank=True, on_delete=models.PROTECT, related_name="namespace")
    default_visibility = models.CharField(max_length=7, choices=Visibility.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="only_personal_namespaces_have_a_user",
                condition=Q(kind="personal", user__isnull=False) | (~Q(kind="personal") & Q(user__isnull=True)),
            ),
            models.CheckConstraint(
                name="namespace_kind_known", condition=Q(kind__in=["personal", "organization", "site"])
            ),
            models.CheckConstraint(
                name="namespace_visibility_known", condition=Q(default_visibility__in=["public", "private"])
            ),
        ]

    def __str__(self) -> str:
        return self.name


class NamespaceName(models.Model):
    """Every name a namespace has or had. All look-ups go through here; a retired name belongs to nobody for good."""

    class State(models.TextChoices):
        CURRENT = "current"
        ALIAS = "alias"
        RETIRED = "retired"

    name = NameField(max_length=NAME_MAX, unique=True)
    skeleton = NameField(max_length=2 * NAME_MAX, unique=True)
    namespace = models.ForeignKey(Namespace, null=True, blank=True, on_delete=models.PROTECT, related_name="names")
    state = models.CharField(max_length=7, choices=State.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["namespace"], condition=Q(state="current"), name="one_current_name_per_namespace"
            ),
            models.CheckConstraint(
                name="a_retired_name_has_no_namespace",
                condition=Q(state="retired", namespace__isnull=True)
                | Q(state__in=["current", "alias"], namespace__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in a namespace."""

    namespace = models.ForeignKey(Namespace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=[(role.value, role.value) for role in Role])
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["namespace", "user"], name="one_membership_per_user"),
            models.CheckConstraint(name="membership_role_known", condition=Q(role__in=[role.value for role in Role])),
        ]


class Team(models.Model):
    """A named group of an organization's members."""

    namespace = models.ForeignKey(Namespace, on_delete=models.CASCADE, related_name="teams")
    name = NameField(max_length=30)
    description = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["namespace", "name"], name="one_team_per_name")]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """A member in a team: a child of the membership, so that leaving the organization leaves its teams."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="teams")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["team", "membership"], name="once_in_a_team")]


class AccessToken(models.Model):
    """A personal access token, or a refresh token. Only a keyed hash is stored; scope and repositories never change."""

    class Kind(models.TextChoices):
        PERSONAL = "personal"
        REFRESH = "refresh"  # given to a program that signed in with the password

    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PERSONAL)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_tokens")
    name = models.CharField(max_length=64)
    hint = models.CharField(max_length=24)  # the first characters, shown so that people recognise it
    hash = models.BinaryField(max_length=32, unique=True)
    scope = models.CharField(max_length=16, choices=[(scope.value, scope.value) for scope in TokenScope])
    repositories = models.JSONField(default=list, blank=True)  # patterns such as acme/*; none means all
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-created_at"], name="tokens_of_a_user")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="token_scope_known", condition=Q(scope__in=[scope.value for scope in TokenScope])
            ),
            models.CheckConstraint(name="token_kind_known", condition=Q(kind__in=["personal", "refresh"])),
        ]

    def __str__(self) -> str:
        return self.name


class SigningKey(models.Model):
    """A key of the ring that signs bearer tokens: ES256, the private half encrypted under HUB_FIELD_KEY."""

    class State(models.TextChoices):
        ACTIVE = "active"  # signs and verifies
        RETIRING = "retiring"  # verifies until retires_at
        GONE = "gone"

    kid = models.CharField(max_length=64, unique=True)  # RFC 7638 thumbprint
    private_key = models.BinaryField()
    public_key = models.TextField()  # PEM
    state = models.CharField(max_length=8, choices=State.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="one_active_signing_key"),
        ]

    def __str__(self) -> str:
        return self.kid


class RateWindow(models.Model):
    """Tries under one key since the window began; one atomic upsert a try, on every database."""

    key = models.CharField(max_length=160, primary_key=True)
    ends_at = models.DateTimeField(db_index=True)
    tries = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(name="tries_counted", condition=Q(tries__gt=0))]
