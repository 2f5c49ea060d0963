"""Shapes of people's things, in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from accounts.api.shapes import StrictSerializer, TextField
from accounts.models import AccessToken, Namespace
from accounts.roles import Role
from accounts.scopes import PATTERNS_MAX, TokenScope

_SCOPES = [scope.value for scope in TokenScope]


class NamespaceSerializer(serializers.ModelSerializer[Namespace]):
    """The context's `roles` has the caller's role by the namespace's id."""

    role = serializers.SerializerMethodField(help_text="Your role in it; null for outsiders.")
    default_visibility = serializers.SerializerMethodField(
        help_text="What a new repository is when nobody says; null for outsiders."
    )

    class Meta:
        model = Namespace
        fields = ["name", "kind", "default_visibility", "role", "created_at"]
        read_only_fields = fields

    def get_role(self, namespace: Namespace) -> Role | None:
        found: Role | None = self.context["roles"].get(namespace.pk)
        return found

    def get_default_visibility(self, namespace: Namespace) -> Namespace.Visibility | None:
        return Namespace.Visibility(namespace.default_visibility) if self.get_role(namespace) else None


class TokenSerializer(serializers.ModelSerializer[AccessToken]):
    repositories = serializers.ListField(
        child=serializers.CharField(), help_text="Patterns of full names it is good for; empty means all."
    )

    class Meta:
        model = AccessToken
        fields = ["id", "kind", "name", "hint", "scope", "repositories", "created_at", "expires_at", "last_used_at"]
        read_only_fields = fields
        extra_kwargs = {
            "kind": {"help_text": "`personal`, or `refresh`: kept by a program that signed in with the password."},
            "hint": {"help_text": "The token's first characters."},
        }


class IssuedTokenSerializer(TokenSerializer):
    token = serializers.CharField(read_only=True, help_text="The token itself, shown only in this answer.")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]
        read_only_fields = fields


class NewTokenSerializer(StrictSerializer):
    """The context's `token` is the one that asks, if any: what it makes may not outlive it."""

    example = {"name": "ci", "scope": "repo:write", "repositories": ["acme/*"], "expires_at": "2030-01-01T00:00:00Z"}

    name = TextField(max_length=64, help_text="What it is for.")
    scope = serializers.ChoiceField(_SCOPES, help_text="How far it reaches; each includes those before it.")
    repositories = serializers.ListField(
        child=TextField(max_length=255),
        max_length=PATTERNS_MAX,
        required=False,
        help_text="Patterns such as `acme/*` or `acme/app`; none means all.",
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When it ends, with a time zone; null means never."
    )

    def validate_scope(self, scope: str) -> TokenScope:
        return TokenScope(scope)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        maker: AccessToken | None = self.context["token"]
        ends: datetime | None = attrs.get("expires_at")
        if maker is not None and maker.expires_at and (ends is None or ends > maker.expires_at):
            latest = maker.expires_at.isoformat(timespec="seconds")
            raise serializers.ValidationError(
                {"expires_at": [f"A token cannot make one that outlives it; choose {latest} or earlier."]}
            )
        return attrs
