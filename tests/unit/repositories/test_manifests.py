"""Manifests: what a repository takes and keeps, byte for byte, and what it refuses without a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from repositories import blobs, catalog, manifests, quotas, tags
from repositories.access import Access, Action
from repositories.errors import (
    AccessDenied,
    BlobReferenced,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestTooLarge,
    ManifestUnknown,
    RepositoryUnknown,
)
from repositories.models import Blob, Manifest, ManifestReference
from repositories.oci import digests, mediatypes, names
from tests.make import content
from tests.unit.repositories.builders import (
    LAYER_TYPE,
    config,
    descriptor,
    image_body,
    living,
    push_blob,
    push_image,
    push_index,
    push_signature,
    put,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]

FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
URLS = ["https://example.com/layer"]


def index_of(*entries: dict[str, Any], **more: Any) -> bytes:
    return json.dumps(
        {"schemaVersion": 2, "mediaType": mediatypes.OCI_INDEX, "manifests": list(entries), **more}
    ).encode()


def missing_of(access: Access, body: bytes, media_type: str = mediatypes.OCI_MANIFEST) -> list[object]:
    with pytest.raises(ManifestBlobUnknown) as refused:
        put(access, body, media_type=media_type)
    return list(refused.value.digests)


def test_a_manifest_is_kept_byte_for_byte_with_its_type(access: Access) -> None:
    push_blob(access, b"{}")
    body = image_body(b"{}", [], extra={"b": 1, "a": "é"}).replace(b", ", b" ,\n ")
    digest = digests.compute(body)
    stored = manifests.put(access, names.tag("one"), body, media_type=mediatypes.OCI_MANIFEST)
    assert (stored.digest, stored.subject, stored.tags) == (digest, None, ["one"])
    for reference in (names.tag("one"), digest):
        found = manifests.find(access.repository, reference)
        assert bytes(found.payload) == body
        assert (found.digest, found.media_type, found.size) == (digest, mediatypes.OCI_MANIFEST, len(body))


def test_parameters_of_the_type_are_dropped_and_a_missing_type_is_inferred(access: Access) -> None:
    push_blob(access, b"{}")
    for body, sent in (
        (image_body(b"{}", []), mediatypes.OCI_MANIFEST + "; charset=utf-8"),
        (image_body(b"{}", [], mediaType=None), ""),
    ):
        assert (
            manifests.find(access.repository, put(access, body, media_type=sent)).media_type == mediatypes.OCI_MANIFEST
        )


def test_pushing_the_same_again_is_a_success_and_one_row(access: Access) -> None:
    first = push_image(access, "one")
    assert push_image(access, "one", "two") == first
    assert Manifest.objects.count() == 1
    assert tags.names_after(access.repository)[0] == ["one", "two"]


def test_several_tags_are_set_with_one_push_by_digest(access: Access) -> None:
    digest = push_image(access, "one", "two", "three")
    assert {manifests.find(access.repository, names.tag(tag)).digest for tag in ("one", "two", "three")} == {digest}


def test_a_tag_pushed_under_sha512_names_that_digest(access: Access) -> None:
    push_blob(access, b"{}")
    body = image_body(b"{}", [])
    digest = digests.compute(body, "sha512")
    stored = manifests.put(access, digest, body, media_type="", tags=[names.tag("one")])
    assert stored.digest == digest
    assert manifests.find(access.repository, names.tag("one")).digest == digest
    with pytest.raises(ManifestUnknown):
        manifests.find(access.repository, digests.compute(body))


def test_a_push_under_another_digest_is_refused(access: Access) -> None:
    push_blob(access, b"{}")
    with pytest.raises(DigestInvalid):
        manifests.put(access, digests.compute(b"x"), image_body(b"{}", []), media_type="")
    assert living(access) == set()


def test_too_large_a_manifest_is_refused(access: Access, settings: Settings) -> None:
    push_blob(access, b"{}")
    body = image_body(b"{}", [])
    settings.HUB_MAX_MANIFEST_BYTES = len(body) - 1
    with pytest.raises(ManifestTooLarge):
        put(access, body)
    settings.HUB_MAX_MANIFEST_BYTES = len(body)
    put(access, body)


def test_everything_missing_is_named_once(access: Access) -> None:
    push_blob(access, b"here")
    body = image_body(b"{}", [b"here", b"one", b"two", b"one"])
    assert missing_of(access, body) == [digests.compute(part) for part in (b"{}", b"one", b"two")]
    assert living(access) == set()


def test_what_only_another_repository_holds_is_missing(access: Access, owner: User) -> None:
    other = content.repository(owner, "other")
    child = push_image(other, "one")
    assert missing_of(access, image_body(b"{}", [])) == [digests.compute(b"{}")]
    entry = {"mediaType": mediatypes.OCI_MANIFEST, "digest": str(child), "size": 9}
    assert missing_of(access, index_of(entry), mediatypes.OCI_INDEX) == [child]


def test_a_deleted_child_is_missing(access: Access) -> None:
    child = push_image(access, "one")
    tags.remove(access, "one")
    entry = {"mediaType": mediatypes.OCI_MANIFEST, "digest": str(child), "size": 9}
    assert missing_of(access, index_of(entry), mediatypes.OCI_INDEX) == [child]


def test_a_damaged_blob_counts_as_missing(access: Access) -> None:
    push_blob(access, b"{}")
    Blob.objects.update(corrupt=True)
    assert missing_of(access, image_body(b"{}", [])) == [digests.compute(b"{}")]


def test_a_cache_index_that_lists_blobs_is_taken(access: Access) -> None:
    """As BuildKit writes them: layers and a configuration among the manifests of an index."""
    cache = "application/vnd.buildkit.cacheconfig.v0"
    for body in (b"layer", b"cache"):
        push_blob(access, body)
    body = index_of(descriptor(b"layer"), descriptor(b"cache", cache))
    put(access, body, "cache", media_type=mediatypes.OCI_INDEX)
    assert manifests.find(access.repository, names.tag("cache")).total_size == 10
    tags.remove(access, "cache")
    assert quotas.usage_of(access.repository.namespace).used == 0


def test_a_digest_that_is_both_a_blob_and_a_manifest_here_counts_as_the_manifest(access: Access) -> None:
    child = push_image(access)
    push_blob(access, bytes(manifests.find(access.repository, child).payload))
    push_index(access, [child], "all")
    assert ManifestReference.objects.get(role="child").child is not None


def test_foreign_layers_may_be_missing_and_cost_nothing(access: Access) -> None:
    push_blob(access, b"{}")
    body = image_body(b"{}", [], layers=[descriptor(b"far away", FOREIGN, urls=URLS)])
    put(access, body, "one")
    found = manifests.find(access.repository, names.tag("one"))
    assert found.total_size == 2
    assert quotas.usage_of(access.repository.namespace).used == 2 + found.size


@pytest.mark.parametrize("change", [{"urls": []}, {"urls": None}, {"mediaType": LAYER_TYPE}])
def test_a_layer_that_only_looks_foreign_is_missing(access: Access, change: dict[str, Any]) -> None:
    push_blob(access, b"{}")
    layer = descriptor(b"far away", FOREIGN, urls=URLS) | change
    assert missing_of(access, image_body(b"{}", [], layers=[layer])) == [digests.compute(b"far away")]


def test_a_configuration_is_never_foreign(access: Access) -> None:
    body = image_body(b"{}", [], config=descriptor(b"{}", FOREIGN, urls=URLS))
    assert missing_of(access, body) == [digests.compute(b"{}")]


def test_a_foreign_layer_that_arrives_later_is_not_kept_by_an_older_image(access: Access) -> None:
    push_blob(access, b"{}")
    body = image_body(b"{}", [], layers=[descriptor(b"far away", FOREIGN, urls=URLS)])
    put(access, body, "one")
    push_blob(access, b"far away")
    put(access, body, "one")  # its rows were written without the layer: the upload expires by itself
    tags.remove(access, "one")


def test_a_subject_need_not_be_here(access: Access) -> None:
    push_blob(access, b"{}")
    digest = digests.compute(b"not here")
    body = image_body(b"{}", [], subject=descriptor(b"not here", mediatypes.OCI_MANIFEST))
    stored = manifests.put(access, names.tag("sig"), body, media_type="")
    assert stored.subject == digest
    assert manifests.find(access.repository, names.tag("sig")).subject_digest == digest


def test_the_size_counts_each_digest_once(access: Access) -> None:
    body = image_body(b"{}", [b"layer", b"layer", b"other"])
    for part in (b"{}", b"layer", b"other"):
        push_blob(access, part)
    assert manifests.find(access.repository, put(access, body)).total_size == 2 + 5 + 5


def test_the_platform_comes_from_the_configuration(access: Access) -> None:
    settings = config(os="linux", architecture="arm", variant="v7")
    found = manifests.find(access.repository, push_image(access, settings=settings))
    assert (found.platform_os, found.platform_architecture, found.platform_variant) == ("linux", "arm", "v7")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"\xff", b"{", b'{"os": 5}', b"[" * 100_000, b'{"os": "' + b"x" * 2**20 + b'"}'],
)
def test_a_configuration_that_is_none_gives_no_platform(access: Access, body: bytes) -> None:
    found = manifests.find(access.repository, push_image(access, settings=body))
    assert (found.platform_os, found.platform_architecture, found.platform_variant) == ("", "", "")


@pytest.mark.parametrize("text", ["\x00", "lin\x00ux", "\ud800"])
def test_text_that_no_database_takes_does_not_break_a_push(access: Access, text: str) -> None:
    body = json.dumps({"os": text, "architecture": "amd64"}).encode()
    found = manifests.find(access.repository, push_image(access, "one", settings=body))
    assert found.platform_os.replace("\ufffd", "") in {"", "linux"}
    assert found.platform_architecture == "amd64"


def test_an_artifact_has_a_type_and_no_platform(access: Access) -> None:
    digest = push_signature(access, push_image(access, "one"), "sig")
    found = manifests.find(access.repository, digest)
    assert found.artifact_type == "application/vnd.example.signature"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"{" * 5000, b'{"schemaVersion": 2}', b"\x00" * 100])
def test_what_is_no_manifest_is_refused_and_leaves_nothing(access: Access, body: bytes) -> None:
    with pytest.raises(ManifestInvalid):
        put(access, body, "one")
    assert living(access) == set()


def test_a_refused_push_sets_no_tag(access: Access) -> None:
    old = push_image(access, "one")
    with pytest.raises(ManifestBlobUnknown):
        put(access, image_body(b"{}", [b"missing"]), "one", "two")
    assert manifests.find(access.repository, names.tag("one")).digest == old
    assert tags.names_after(access.repository)[0] == ["one"]


def test_a_push_moves_the_tag(access: Access) -> None:
    first, second = (push_image(access, "latest", layers=[layer]) for layer in (b"1", b"2"))
    assert manifests.find(access.repository, names.tag("latest")).digest == second
    assert living(access) == {first, second}


def test_a_blob_of_an_image_cannot_be_taken_out(access: Access) -> None:
    push_image(access, "one", layers=[b"layer"])
    with pytest.raises(BlobReferenced):
        blobs.unlink(access, digests.compute(b"layer"))


def test_an_unknown_reference_is_said_so(access: Access) -> None:
    for reference in (names.tag("none"), digests.compute(b"none")):
        with pytest.raises(ManifestUnknown):
            manifests.find(access.repository, reference)
    push_blob(access, b"only a blob")
    with pytest.raises(ManifestUnknown):
        manifests.find(access.repository, digests.compute(b"only a blob"))


def test_who_may_only_pull_neither_pushes_nor_deletes(access: Access, outsider: User) -> None:
    digest = push_image(access, "one")
    reader = content.access(outsider, access.repository.full_name, Action.PULL)
    with pytest.raises(AccessDenied):
        put(reader, image_body(b"{}", []))
    with pytest.raises(AccessDenied):
        manifests.delete(reader, digest)


def test_a_push_into_a_repository_that_was_just_deleted_finds_none(access: Access) -> None:
    push_image(access, "one")
    catalog.delete(access, confirm=access.repository.full_name)
    with pytest.raises(RepositoryUnknown):
        put(access, image_body(b"{}", []), "two")


def test_a_repository_remembers_its_last_push(access: Access) -> None:
    assert access.repository.pushed_at is None
    push_image(access, "one")
    access.repository.refresh_from_db()
    assert access.repository.pushed_at is not None
