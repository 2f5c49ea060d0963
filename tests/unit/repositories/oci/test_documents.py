"""Manifests and indexes: what is read, what is refused, and that nothing else happens whatever arrives."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from repositories.errors import ManifestInvalid
from repositories.oci import digests, documents, mediatypes

CONFIG = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": f"sha256:{'c' * 64}", "size": 2}
LAYER = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": f"sha256:{'a' * 64}", "size": 7}
IMAGE: dict[str, Any] = {"schemaVersion": 2, "mediaType": mediatypes.OCI_MANIFEST, "config": CONFIG, "layers": [LAYER]}
INDEX: dict[str, Any] = {"schemaVersion": 2, "mediaType": mediatypes.OCI_INDEX, "manifests": [LAYER]}


def parse(document: Any, content_type: str = "") -> documents.Document:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return documents.parse(body, content_type)


def without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def test_an_image_is_read_in_the_documents_order() -> None:
    second = LAYER | {"digest": f"sha256:{'b' * 64}", "size": 9}
    found = parse(IMAGE | {"layers": [LAYER, second], "annotations": {"a": "b"}})
    assert found.media_type == mediatypes.OCI_MANIFEST
    assert found.config is not None
    assert found.config.size == 2
    assert [layer.size for layer in found.layers] == [7, 9]
    assert found.annotations == {"a": "b"}
    assert not found.is_index
    assert found.listed_type == CONFIG["mediaType"]


def test_an_index_is_read_with_its_platforms() -> None:
    found = parse(INDEX | {"manifests": [LAYER | {"platform": {"os": "linux", "os.features": ["x"]}}]})
    assert found.is_index
    assert found.children[0].platform == {"os": "linux"}
    assert found.listed_type == ""


@pytest.mark.parametrize("empty", [[], None])
def test_empty_and_null_lists_are_fine(empty: list[Any] | None) -> None:
    assert parse(IMAGE | {"layers": empty}).layers == []
    assert parse(INDEX | {"manifests": empty}).children == []


def test_layers_may_be_left_out() -> None:
    assert parse(without(IMAGE, "layers")).layers == []


def test_the_type_comes_from_the_header_the_body_or_the_shape() -> None:
    assert parse(without(IMAGE, "mediaType"), mediatypes.DOCKER_MANIFEST).media_type == mediatypes.DOCKER_MANIFEST
    assert parse(IMAGE, "").media_type == mediatypes.OCI_MANIFEST
    assert parse(without(IMAGE, "mediaType")).media_type == mediatypes.OCI_MANIFEST
    assert parse(without(INDEX, "mediaType")).media_type == mediatypes.OCI_INDEX
    assert parse(IMAGE, mediatypes.OCI_MANIFEST + "; charset=utf-8").media_type == mediatypes.OCI_MANIFEST


def test_an_artifact_type_is_listed_before_the_configurations() -> None:
    assert parse(IMAGE | {"artifactType": "application/x"}).listed_type == "application/x"


def test_the_withdrawn_artifact_manifest_is_read() -> None:
    found = parse({"mediaType": mediatypes.OCI_ARTIFACT, "artifactType": "a/b", "blobs": [LAYER], "subject": CONFIG})
    assert [layer.size for layer in found.layers] == [7]
    assert found.subject is not None


def test_an_unknown_type_is_kept_and_its_descriptors_are_read() -> None:
    assert parse({"config": CONFIG, "extra": 1}, "application/vnd.example+json").config is not None


def test_unknown_members_are_fine() -> None:
    parse(IMAGE | {"x": {"y": [1, 2.5, None, True]}, "layers": [LAYER | {"z": 1}]})


def test_embedded_data_that_fits_is_fine() -> None:
    parse(IMAGE | {"config": described(b"{}")})


def described(content: bytes, **more: Any) -> dict[str, Any]:
    digest = str(digests.compute(content))
    return {
        "mediaType": "a/b",
        "digest": digest,
        "size": len(content),
        "data": base64.b64encode(content).decode(),
    } | more


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"1",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"schemaVersion": NaN}',
        b"[" * 100_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b'{"schemaVersion": 1' + b"0" * 5000 + b"}",
        b"{}",
        b'{"schemaVersion": 2}',
        json.dumps(IMAGE).encode()[:-1] + b', "config": {}}',
        b"\x00",
        b'{"mediaType": "x"}',
    ],
)
def test_what_is_no_document_is_refused(body: bytes) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        parse(body)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "document",
    [
        IMAGE | {"schemaVersion": 1},
        without(IMAGE, "schemaVersion"),
        IMAGE | {"schemaVersion": "2"},
        IMAGE | {"schemaVersion": True},
        IMAGE | {"manifests": []},
        INDEX | {"config": CONFIG},
        INDEX | {"layers": []},
        without(IMAGE, "config"),
        IMAGE | {"config": None},
        IMAGE | {"config": []},
        IMAGE | {"layers": {}},
        IMAGE | {"layers": ["x"]},
        IMAGE | {"layers": [None]},
        IMAGE | {"fsLayers": []},
        IMAGE | {"Manifests": []},
        INDEX | {"LAYERS": []},
        IMAGE | {"layers": [LAYER | {"Digest": f"sha256:{'b' * 64}"}]},
        INDEX | {"manifests": [LAYER | {"SIZE": 1}]},
        IMAGE | {"mediaType": "application/vnd.example+json", "manifests": [LAYER]},
        {"schemaVersion": 1, "mediaType": "application/vnd.docker.distribution.manifest.v1+prettyjws"},
        IMAGE | {"mediaType": 5},
        IMAGE | {"artifactType": ["x"]},
        IMAGE | {"artifactType": "x" * 256},
        IMAGE | {"annotations": []},
        IMAGE | {"annotations": {"a": 1}},
        IMAGE | {"subject": "x"},
        IMAGE | {"subject": {}},
    ],
)
def test_a_document_that_contradicts_itself_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        parse(document)
    assert str(refused.value).endswith(".")


def test_there_is_an_end_to_what_a_manifest_lists() -> None:
    assert len(parse(IMAGE | {"layers": [LAYER] * 10_000}).layers) == 10_000
    for document in (IMAGE | {"layers": [LAYER] * 10_001}, INDEX | {"manifests": [LAYER] * 10_001}):
        with pytest.raises(ManifestInvalid, match="at most 10000"):
            parse(document)


def test_a_header_that_contradicts_the_body_is_refused() -> None:
    for document, header in ((IMAGE, mediatypes.DOCKER_MANIFEST), (without(IMAGE, "mediaType"), mediatypes.OCI_INDEX)):
        with pytest.raises(ManifestInvalid):
            parse(document, header)


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "sha256:abc"},
        {"digest": f"md5:{'a' * 32}"},
        {"digest": None},
        {"digest": 5},
        {"size": -1},
        {"size": 1.5},
        {"size": "7"},
        {"size": True},
        {"size": None},
        {"size": 2**70},
        {"mediaType": 5},
        {"mediaType": "x" * 256},
        {"annotations": {"a": None}},
        {"data": "!"},
        {"data": 5},
        {"data": "e30="},
    ],
)
def test_a_descriptor_that_is_none_is_refused(change: dict[str, Any]) -> None:
    for document in (IMAGE | {"layers": [LAYER | change]}, INDEX | {"manifests": [LAYER | change]}):
        with pytest.raises(ManifestInvalid):
            parse(document)


@pytest.mark.parametrize("more", [{"size": 3}, {"data": base64.b64encode(b"[]").decode()}])
def test_embedded_data_must_be_what_its_digest_and_size_say(more: dict[str, Any]) -> None:
    with pytest.raises(ManifestInvalid):
        parse(IMAGE | {"config": described(b"{}", **more)})


@pytest.mark.parametrize(
    "media_type",
    ["x", "a b/c", "a/b\r\nX-Evil: 1", "a/b\n", "é/b", "a/b/c", "/b", "a/", "a/b\x00", "a/" + "b" * 254],
)
def test_a_media_type_that_no_header_can_carry_is_refused(media_type: str) -> None:
    for document, header in (({"config": CONFIG, "mediaType": media_type}, ""), ({"config": CONFIG}, media_type)):
        if header != "a/b\n":  # blanks around a header are nothing
            with pytest.raises(ManifestInvalid):
                parse(document, header)


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "\udfff"])
@pytest.mark.parametrize(
    "place",
    [
        lambda text: {"annotations": {"a": text}},
        lambda text: {"annotations": {text: "a"}},
        lambda text: {"artifactType": f"a/{text}"},
        lambda text: {"layers": [LAYER | {"mediaType": f"a/{text}"}]},
        lambda text: {"layers": [LAYER | {"annotations": {"a": text}}]},
    ],
)
def test_text_that_no_database_takes_is_refused(place: Any, text: str) -> None:
    with pytest.raises(ManifestInvalid):
        parse(IMAGE | place(text))


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=10,
)


@given(some.dictionaries(some.sampled_from(["config", "layers", "manifests", "subject", "annotations", "x"]), JSON))
def test_whatever_arrives_is_read_or_refused(found: dict[str, Any]) -> None:
    with contextlib.suppress(ManifestInvalid):
        parse({"schemaVersion": 2} | found)


@given(some.binary() | some.text().map(str.encode))
def test_whatever_bytes_arrive_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(ManifestInvalid):
        parse(body)
