"""What goes with a tag, and what stays because something else reaches it."""

from __future__ import annotations

import pytest

from repositories import manifests, quotas, tags
from repositories.access import Access
from repositories.errors import ManifestReferenced, ManifestUnknown
from repositories.models import BlobLink
from repositories.oci import mediatypes, names
from repositories.oci.digests import Digest
from tests.unit.repositories.builders import (
    descriptor,
    image_body,
    living,
    push_image,
    push_index,
    push_signature,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def image(access: Access, seed: object, *tags: str) -> Digest:
    return push_image(access, *tags, layers=[b"layer of %r" % seed])


def used(access: Access) -> int:
    return quotas.usage_of(access.repository.namespace).used


def test_removing_a_tag_removes_its_image_and_the_usage_falls_at_once(access: Access) -> None:
    digest = image(access, 1, "one")
    tags.remove(access, "one")
    assert living(access) == set()
    assert used(access) == 0
    with pytest.raises(ManifestUnknown):
        manifests.find(access.repository, digest)


def test_removing_the_tag_of_an_index_removes_its_children(access: Access) -> None:
    push_index(access, [image(access, 1), image(access, 2)], "all")
    tags.remove(access, "all")
    assert living(access) == set()
    assert used(access) == 0


def test_a_child_that_another_index_lists_stays(access: Access) -> None:
    shared, own = image(access, "shared"), image(access, "own")
    push_index(access, [shared, own], "first")
    second = push_index(access, [shared], "second")
    tags.remove(access, "first")
    assert living(access) == {shared, second}


def test_a_child_with_a_tag_of_its_own_stays(access: Access) -> None:
    tagged, bare = image(access, 1, "kept"), image(access, 2)
    push_index(access, [tagged, bare], "all")
    tags.remove(access, "all")
    assert living(access) == {tagged}


def test_an_image_with_a_second_tag_stays_whole(access: Access) -> None:
    digest = image(access, 1, "one", "two")
    before = used(access)
    tags.remove(access, "one")
    assert living(access) == {digest}
    assert used(access) == before
    assert tags.names_after(access.repository) == (["two"], False)


def test_an_image_that_an_index_lists_stays_when_its_tag_goes(access: Access) -> None:
    child = image(access, 1, "child")
    index = push_index(access, [child], "all")
    tags.remove(access, "child")
    assert living(access) == {child, index}


def test_a_nested_index_goes_with_everything_below_it(access: Access) -> None:
    bottom = image(access, "bottom")
    left = push_index(access, [bottom, image(access, "left")])
    right = push_index(access, [bottom, image(access, "right")])
    push_index(access, [left, right], "root")
    tags.remove(access, "root")
    assert living(access) == set()
    assert used(access) == 0


def test_a_chain_of_referrers_goes_with_its_subject(access: Access) -> None:
    signature = push_signature(access, image(access, 1, "one"))
    push_signature(access, signature)
    tags.remove(access, "one")
    assert living(access) == set()
    assert used(access) == 0


def test_referrers_of_a_child_go_with_the_index(access: Access) -> None:
    child = image(access, 1)
    push_signature(access, child)
    push_index(access, [child], "all")
    tags.remove(access, "all")
    assert living(access) == set()


def test_a_referrer_with_a_tag_outlives_its_subject_and_keeps_its_own_referrers(access: Access) -> None:
    signature = push_signature(access, image(access, 1, "one"), "sig")
    about = push_signature(access, signature)
    tags.remove(access, "one")
    assert living(access) == {signature, about}
    tags.remove(access, "sig")
    assert living(access) == set()


def test_what_is_reached_by_two_ways_is_given_back_once(access: Access) -> None:
    """A signature that the index lists beside the image it is about, pushed before that image."""
    layer = b"layer of 1"
    body = image_body(b"{}", [layer])
    about = descriptor(body, mediatypes.OCI_MANIFEST)
    signature = push_image(access, layers=[b"signature"], subject=about, artifactType="application/vnd.example.sig")
    child = push_image(access, layers=[layer])
    other = image(access, "other")
    other_index = push_index(access, [signature, child, other], "all")
    assert living(access) == {signature, child, other, other_index}
    tags.remove(access, "all")
    assert living(access) == set()
    assert used(access) == 0


def test_a_shared_layer_is_paid_until_its_last_image_goes(access: Access) -> None:
    shared = b"s" * 5000
    push_image(access, "one", layers=[shared, b"1"])
    push_image(access, "two", layers=[shared, b"2"])
    tags.remove(access, "one")
    assert used(access) > 5000
    tags.remove(access, "two")
    assert used(access) == 0


def test_the_protocols_untag_leaves_the_manifest(access: Access) -> None:
    digest = image(access, 1, "one", "two")
    for tag in ("one", "two"):
        tags.untag(access, names.tag(tag))
    assert living(access) == {digest}
    assert tags.names_after(access.repository) == ([], False)
    assert manifests.find(access.repository, digest).digest == digest


def test_deleting_by_digest_takes_all_tags_and_leaves_children_and_referrers(access: Access) -> None:
    child = image(access, 1)
    index = push_index(access, [child], "one", "two")
    signature = push_signature(access, index)
    manifests.delete(access, index)
    assert living(access) == {child, signature}
    assert tags.names_after(access.repository) == ([], False)
    with pytest.raises(ManifestUnknown):
        manifests.delete(access, index)


def test_a_child_of_a_living_index_cannot_be_deleted(access: Access) -> None:
    child = image(access, 1, "child")
    index = push_index(access, [child], "all")
    with pytest.raises(ManifestReferenced):
        manifests.delete(access, child)
    assert tags.names_after(access.repository) == (["all", "child"], False)
    manifests.delete(access, index)
    manifests.delete(access, child)
    assert living(access) == set()


def test_moving_a_tag_leaves_the_old_image_for_its_days_of_grace(access: Access) -> None:
    old, new = image(access, "old", "latest"), image(access, "new", "latest")
    assert living(access) == {old, new}
    assert manifests.find(access.repository, names.tag("latest")).digest == new


def test_what_was_deleted_comes_back_with_a_push_of_the_same(access: Access) -> None:
    digest = image(access, 1, "one")
    before = used(access)
    tags.remove(access, "one")
    assert image(access, 1, "again") == digest
    assert living(access) == {digest}
    assert used(access) == before
    assert not BlobLink.objects.filter(expires_at__isnull=False).exists()


def test_a_deleted_index_comes_back_only_when_its_children_did(access: Access) -> None:
    child = image(access, 1)
    push_index(access, [child], "all")
    tags.remove(access, "all")
    assert image(access, 1) == child
    push_index(access, [child], "all")
    tags.remove(access, "all")
    assert used(access) == 0
