"""The catalogue: create, describe, publish or hide, delete and search repositories."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import CharField, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Concat
from django.utils import timezone

from accounts import namespaces
from accounts.callers import Caller
from accounts.errors import RoleDenied
from accounts.models import Namespace
from accounts.roles import CONTENT_ROLES
from repositories import access as rights
from repositories import blobs, quotas, retry
from repositories.access import Access, Action
from repositories.errors import ConfirmationMismatch, DescriptionTooLong, RepositoryExists, RepositoryUnknown
from repositories.models import (
    BlobLink,
    Manifest,
    ManifestReference,
    PullDay,
    Repository,
    RepositoryName,
    Tag,
    TagEvent,
    Trash,
    Upload,
)
from repositories.oci import names

DESCRIPTION_MAX = 100
#: In which order repositories are listed: the latest push, or the most pulls, first.
ORDERS = ("pushed", "pulls")
State = RepositoryName.State


def create(
    caller: Caller, *, namespace: str, name: str, description: str = "", visibility: str | None = None
) -> Repository:
    """Make an empty repository; `visibility` None means the namespace's default.

    Errors: NamespaceUnknown, RoleDenied, NameInvalid, RepositoryExists, DescriptionTooLong, QuotaExceeded.
    """
    full_name = names.repository(f"{namespace}/{name}")
    description = _checked(description)
    home = rights.may_create(full_name, caller)
    if home is None:
        raise RoleDenied(namespaces.find(namespace).name, str(CONTENT_ROLES[0]))
    visibility = Namespace.Visibility(visibility or home.default_visibility)
    user_id = rights.user_id_of(caller)
    try:
        with transaction.atomic():
            return _create(home, name, description, visibility, user_id)
    except IntegrityError as error:
        raise RepositoryExists(full_name) from error


def open_for_push(name: names.RepositoryName, caller: Caller) -> Access:
    """The repository for a push; made with the namespace's default visibility when it is missing and may be made.

    Errors: RepositoryUnknown, AccessDenied, QuotaExceeded.
    """
    try:
        return rights.require(name, caller, Action.PUSH)
    except RepositoryUnknown as error:
        if not error.in_reach or not settings.HUB_CREATE_ON_PUSH or rights.may_create(name, caller) is None:
            raise
    with suppress(RepositoryExists):  # another push was first
        create(caller, namespace=names.namespace_of(name), name=names.rest_of(name))
    return rights.require(name, caller, Action.PUSH)


def change(access: Access, *, description: str | None = None, visibility: str | None = None) -> Repository:
    """Change the description, or publish or hide the repository.

    Errors: AccessDenied, DescriptionTooLong, QuotaExceeded (hiding takes a private slot).
    """
    access.require(Action.ADMIN)
    with transaction.atomic():
        found = _locked(access.repository)
        if description is not None:
            found.description = _checked(description)
        if visibility is not None and visibility != found.visibility:
            found.visibility = Namespace.Visibility(visibility)
            move = quotas.take_private_slot if found.is_private else quotas.give_private_slot
            move(found.namespace)
        found.save(update_fields=["description", "visibility"])
    return found


def delete(access: Access, *, confirm: str) -> None:
    """Delete the repository with everything in it; its name can only be used again by its namespace.

    Errors: AccessDenied, ConfirmationMismatch (`confirm` is not the full name).
    """
    access.require(Action.ADMIN)
    full_name = access.repository.full_name
    if confirm.strip() != full_name:
        raise ConfirmationMismatch(full_name)
    retry.on_conflict(lambda: _delete(_locked(access.repository)))


def search(
    caller: Caller, *, query: str = "", namespace: str | None = None, order: str = ORDERS[0]
) -> QuerySet[Repository]:
    """Visible repositories in one of the ORDERS, annotated with `tag_count` and `size` (bytes of their blobs)."""
    found = rights.visible_to(caller)
    if namespace is not None:
        found = found.filter(namespace__names__name=names.searchable(namespace))
    for word in names.searchable(query).split():
        by_name = Q(searched__contains=word.lower())
        found = found.annotate(searched=Concat("namespace__name", Value("/"), "name", output_field=CharField()))
        found = found.filter(by_name | Q(description__icontains=word))
    tags = Tag.objects.filter(repository=OuterRef("pk")).order_by().values("repository").annotate(n=Count("pk"))
    links = BlobLink.objects.filter(repository=OuterRef("pk"), charged=True).order_by().values("repository")
    return found.annotate(
        tag_count=Coalesce(Subquery(tags.values("n"), output_field=IntegerField()), Value(0)),
        size=Coalesce(Subquery(links.annotate(n=Sum("blob__size")).values("n"), output_field=IntegerField()), Value(0)),
    ).order_by(*(["-pulls"] if order == "pulls" else []), Coalesce("pushed_at", "created_at").desc(), "-pk")


def names_after(caller: Caller, *, last: str, limit: int) -> tuple[list[str], bool]:
    """Up to `limit` full names behind `last` that the caller may pull, in byte order, and whether there are more."""
    current = RepositoryName.objects.filter(state=State.CURRENT, full_name__gt=names.searchable(last))
    visible = rights.visible_to(caller).filter(pk=OuterRef("repository"))  # asked name by name, until the page is full
    current = current.filter(Exists(visible)).order_by("full_name")
    found = list(current.values_list("full_name", flat=True)[: limit + 1])
    return found[:limit], len(found) > limit


def _create(home: Namespace, name: str, description: str, visibility: str, user_id: int | None) -> Repository:
    made = Repository.objects.create(
        namespace=home, name=name, description=description, visibility=visibility, created_by_id=user_id
    )
    full_name = made.full_name
    retired = RepositoryName.objects.filter(full_name=full_name, namespace=home, state=State.RETIRED)
    if not retired.update(repository=made, state=State.CURRENT):
        RepositoryName.objects.create(full_name=full_name, repository=made, namespace=home, state=State.CURRENT)
    if made.is_private:
        quotas.take_private_slot(home)
    return made


def _checked(description: str) -> str:
    description = " ".join(description.split())
    if len(description) > DESCRIPTION_MAX:
        raise DescriptionTooLong(len(description), DESCRIPTION_MAX)
    return description


def _locked(repository: Repository) -> Repository:
    """The row, locked against pushes. Errors: RepositoryUnknown when it went meanwhile."""
    rows = Repository.objects.select_for_update(of=("self",)).select_related("namespace")
    found = rows.filter(pk=repository.pk).first()
    if found is None:
        raise RepositoryUnknown(repository.full_name)
    return found


def _delete(repository: Repository) -> None:
    living = Manifest.objects.filter(repository=repository, deleted_at=None).aggregate(n=Sum("size"))["n"] or 0
    Tag.objects.filter(repository=repository).delete()
    TagEvent.objects.filter(repository=repository).delete()
    PullDay.objects.filter(repository=repository).delete()
    ManifestReference.objects.filter(manifest__repository=repository).delete()
    Manifest.objects.filter(repository=repository).delete()
    reserved = _delete_uploads(repository)
    links = BlobLink.objects.select_for_update(of=("self",)).select_related("blob").filter(repository=repository)
    blobs.drop_links(list(links.order_by("pk")))
    quotas.subtract(repository.namespace_id, living, settled=reserved)
    if repository.is_private:
        quotas.give_private_slot(repository.namespace)
    RepositoryName.objects.filter(repository=repository).update(repository=None, state=State.RETIRED)
    repository.delete()


def _delete_uploads(repository: Repository) -> int:
    """Returns the bytes that they had reserved; the caller gives them back, the counters being locked last."""
    rows = list(Upload.objects.select_for_update().filter(repository=repository))
    now = timezone.now()
    Trash.objects.bulk_create([Trash(storage_key=row.storage_key, size=row.offset, not_before=now) for row in rows])
    Upload.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return sum(row.reserved for row in rows)
