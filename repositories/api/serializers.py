"""Shapes of content, in and out. Sizes are bytes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts import names
from accounts.api.pagination import PageQuerySerializer
from accounts.api.shapes import StrictSerializer, TextField
from accounts.errors import NameInvalid
from accounts.models import Namespace
from repositories.catalog import DESCRIPTION_MAX, ORDERS
from repositories.models import Repository
from repositories.oci.names import FULL_NAME_MAX

_VISIBILITIES = Namespace.Visibility.values
_Out = serializers.Serializer[Any]


class RepositorySerializer(serializers.ModelSerializer[Repository]):
    full_name = serializers.CharField(help_text="What `docker pull` takes behind the host.")
    namespace = serializers.CharField(source="namespace.name")
    name = serializers.CharField(help_text="Everything behind the namespace.")
    pushed_at = serializers.DateTimeField(allow_null=True, help_text="The latest push; null before the first.")
    pulls = serializers.IntegerField(min_value=0, help_text="Since it exists; the last seconds are not in it yet.")

    class Meta:
        model = Repository
        fields = ["full_name", "namespace", "name", "description", "visibility", "created_at", "pushed_at", "pulls"]
        read_only_fields = fields


class ListedRepositorySerializer(RepositorySerializer):
    tag_count = serializers.IntegerField(min_value=0)
    size = serializers.IntegerField(min_value=0, help_text="Bytes of everything in it.")

    class Meta(RepositorySerializer.Meta):
        fields = [*RepositorySerializer.Meta.fields, "tag_count", "size"]
        read_only_fields = fields


class RepositoryQuerySerializer(PageQuerySerializer):
    q = TextField(
        max_length=100, required=False, default="", allow_blank=True, help_text="Words of the name or description."
    )
    namespace = TextField(max_length=names.NAME_MAX, required=False, help_text="Only of this namespace.")
    sort = serializers.ChoiceField(
        ORDERS, required=False, default=ORDERS[0], help_text="Latest push first, or most pulls first."
    )


class NewRepositorySerializer(StrictSerializer):
    example = {"namespace": "acme", "name": "app", "description": "Our app", "visibility": "private"}

    namespace = TextField(max_length=names.NAME_MAX)
    name = TextField(max_length=FULL_NAME_MAX, help_text="Everything behind the namespace; it may nest.")
    description = TextField(max_length=DESCRIPTION_MAX, required=False, allow_blank=True)
    visibility = serializers.ChoiceField(
        _VISIBILITIES, required=False, help_text="The namespace's default when it is left out."
    )

    def validate_namespace(self, name: str) -> str:
        try:
            return names.check(name, reserved_allowed=True)
        except NameInvalid as error:
            raise serializers.ValidationError(str(error)) from error


class RepositoryChangeSerializer(StrictSerializer):
    example = {"description": "Our app", "visibility": "public"}

    description = TextField(max_length=DESCRIPTION_MAX, required=False, allow_blank=True)
    visibility = serializers.ChoiceField(_VISIBILITIES, required=False)


class ConfirmationSerializer(StrictSerializer):
    confirm = TextField(
        max_length=FULL_NAME_MAX, help_text="The repository's full name; it may stand in a JSON body instead."
    )


class ImageSerializer(_Out):
    digest = serializers.CharField()
    platform = serializers.CharField(allow_blank=True, help_text="Such as `linux/arm64/v8`; empty when unknown.")
    size = serializers.IntegerField(min_value=0, help_text="Bytes that a pull moves.")


class TagSerializer(_Out):
    name = serializers.CharField()
    digest = serializers.CharField(help_text="Of the manifest that the tag names.")
    media_type = serializers.CharField()
    size = serializers.IntegerField(min_value=0, help_text="Bytes that a pull of all platforms moves.")
    pushed_at = serializers.DateTimeField()
    pushed_by = serializers.CharField(allow_blank=True, help_text="A user name; empty when unknown.")
    pulls = serializers.IntegerField(min_value=0, help_text="Under this name, whatever it pointed to.")
    last_pulled_on = serializers.DateField(
        allow_null=True, help_text="The day (UTC) on which what it points to was last pulled, under whatever name."
    )
    images = ImageSerializer(many=True, help_text="One for each platform.")
    siblings = serializers.ListField(child=serializers.CharField(), help_text="Other tags of the same digest.")


class TagQuerySerializer(PageQuerySerializer):
    q = TextField(
        max_length=200, required=False, default="", allow_blank=True, help_text="A part of the name, or a digest."
    )


class UsageSerializer(_Out):
    plan = serializers.CharField()
    used = serializers.IntegerField(min_value=0, help_text="Bytes stored.")
    reserved = serializers.IntegerField(min_value=0, help_text="Bytes promised to running uploads.")
    limit = serializers.IntegerField(min_value=0, allow_null=True, help_text="Bytes; null means unlimited.")
    private_used = serializers.IntegerField(min_value=0, help_text="Private repositories.")
    private_limit = serializers.IntegerField(min_value=0, allow_null=True, help_text="Null means unlimited.")
