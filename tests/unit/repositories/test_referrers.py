"""Referrers: everything about a digest, and nothing else."""

from __future__ import annotations

import pytest

from accounts.models import User
from repositories import manifests, referrers, tags
from repositories.access import Access
from repositories.oci import digests, mediatypes
from tests.make import content
from tests.unit.repositories.builders import (
    CONFIG_TYPE,
    descriptor,
    push_image,
    push_index,
    push_signature,
    subject_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]

SIGNATURE = "application/vnd.example.signature"


def listed(access: Access, subject: digests.Digest, *types: str) -> list[str]:
    return [item["digest"] for item in referrers.of(access.repository, subject, artifact_types=list(types))]


def test_a_referrer_is_listed_with_type_size_and_annotations(access: Access) -> None:
    image = push_image(access, "one")
    about = subject_of(access, image)
    digest = push_image(access, layers=[b"sig"], subject=about, artifactType=SIGNATURE, annotations={"by": "é"})
    assert referrers.of(access.repository, image) == [
        {
            "mediaType": mediatypes.OCI_MANIFEST,
            "digest": str(digest),
            "size": manifests.find(access.repository, digest).size,
            "artifactType": SIGNATURE,
            "annotations": {"by": "é"},
        }
    ]


def test_the_type_is_the_configurations_when_there_is_no_other_and_left_out_for_an_index(access: Access) -> None:
    image = push_image(access, "one")
    push_image(access, layers=[b"x"], subject=subject_of(access, image))
    push_index(access, [], subject=subject_of(access, image))
    assert [item.get("artifactType") for item in referrers.of(access.repository, image)] == [CONFIG_TYPE, None]


def test_several_types_mean_any_of_them(access: Access) -> None:
    image = push_image(access, "one")
    signature = push_signature(access, image)
    other = push_image(access, layers=[b"x"], subject=subject_of(access, image), artifactType="application/x")
    assert listed(access, image) == [str(signature), str(other)]
    assert listed(access, image, SIGNATURE) == [str(signature)]
    assert listed(access, image, SIGNATURE, "application/x") == [str(signature), str(other)]
    assert listed(access, image, "application/none") == []


def test_a_subject_that_is_not_here_has_its_referrers_listed(access: Access) -> None:
    absent = digests.compute(b"absent")
    digest = push_image(access, subject=descriptor(b"absent", mediatypes.OCI_MANIFEST))
    assert listed(access, absent) == [str(digest)]
    assert listed(access, digests.compute(b"unheard of")) == []


def test_referrers_are_of_their_repository_only(access: Access, owner: User) -> None:
    other = content.repository(owner, "other")
    image = push_image(access, "one")
    push_image(other, "one")
    push_signature(other, image)
    assert listed(access, image) == []


def test_a_deleted_referrer_is_gone_at_once_and_a_deleted_subject_keeps_its_list(access: Access) -> None:
    image = push_image(access, "one")
    first, second = push_signature(access, image, seed=1), push_signature(access, image, "kept", seed=2)
    manifests.delete(access, first)
    assert listed(access, image) == [str(second)]
    manifests.delete(access, image)
    assert listed(access, image) == [str(second)]
    tags.remove(access, "kept")
    assert listed(access, image) == []
