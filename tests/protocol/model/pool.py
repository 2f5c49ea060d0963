"""What is pushed: a few contents by name, and the documents that list them. Small, so that sequences meet again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.registry import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, descriptor, digest_of

#: Blobs that are the same in every example.
COMMON = {"nothing": b"", "braces": b"{}", "letter": b"x"}
#: Blobs that are new in every example, by how often they repeat a line.
OWN = {"line": 1, "page": 40, "book": 3000}
TAGS = ["1.0", "B", "V1", "_", "a", "v1"]
ILLEGAL_TAG = ".v1"
SBOM, SIGNATURE = "application/vnd.example.sbom", "application/vnd.example.signature"
#: A layer that stays where it is, and is not here.
FOREIGN = descriptor(b"elsewhere", "application/vnd.oci.image.layer.nondistributable.v1.tar") | {
    "urls": ["https://layers.example/elsewhere"]
}


def blob(word: str, example: int) -> bytes:
    """The bytes of a blob by its name."""
    if word in COMMON:
        return COMMON[word]
    if word == "config":
        return json.dumps({"os": "linux", "architecture": "arm64", "example": example}).encode()
    return f"a {word} of {example}\n".encode() * OWN[word]


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or an index as it was sent: to which place, and under which references."""

    body: bytes
    media_type: str
    place: str = ""
    references: tuple[str, ...] = ()

    def digest(self, algorithm: str = "sha256") -> str:
        return digest_of(self.body, algorithm)


@dataclass(frozen=True, slots=True)
class Listed:
    """What an image or an artifact lists: blobs by their names, each with the algorithm of its digest."""

    config: tuple[str, str]
    layers: tuple[tuple[str, str], ...] = ()
    foreign: bool = False

    @property
    def blobs(self) -> list[tuple[str, str]]:
        return [self.config, *self.layers]


@dataclass(frozen=True, slots=True)
class Label:
    """What a document says about itself."""

    artifact_type: str = ""
    note: str = ""
    typed: bool = True

    def fields(self, media_type: str, subject: Document | None) -> dict[str, Any]:
        return {
            "schemaVersion": 2,
            **({"mediaType": media_type} if self.typed else {}),
            **({"artifactType": self.artifact_type} if self.artifact_type else {}),
            **({"annotations": {"note": self.note}} if self.note else {}),
            **({"subject": descriptor(subject.body, subject.media_type)} if subject else {}),
        }


def image(listed: Listed, label: Label, subject: Document | None, example: int) -> Document:
    """An image, or an artifact."""
    layers = [descriptor(blob(word, example), OCI_LAYER, algorithm) for word, algorithm in listed.layers]
    word, algorithm = listed.config
    document = label.fields(OCI_MANIFEST, subject) | {
        "config": descriptor(blob(word, example), OCI_CONFIG if word == "config" else SIGNATURE, algorithm),
        "layers": [*layers, *([FOREIGN] if listed.foreign else [])],
    }
    return _document(document, OCI_MANIFEST, example)


def index(
    children: Sequence[Document], caches: Sequence[str], label: Label, subject: Document | None, example: int
) -> Document:
    """An index over manifests, and over blobs, as BuildKit's caches are."""
    document = label.fields(OCI_INDEX, subject) | {
        "manifests": [
            *(descriptor(child.body, child.media_type) for child in children),
            *(descriptor(blob(word, example), OCI_LAYER) for word in caches),
        ]
    }
    return _document(document, OCI_INDEX, example)


def _document(fields: dict[str, Any], media_type: str, example: int) -> Document:
    """With a field of our own, so that it is new in every example."""
    return Document(json.dumps(fields | {"example": example}, ensure_ascii=False).encode(), media_type)


words = st.sampled_from([*COMMON, *OWN, *OWN, "config", "config"])
#: sha256 mostly.
algorithms = st.sampled_from(["sha256"] * 4 + ["sha512"])
lists = st.builds(
    Listed,
    config=st.tuples(words, algorithms),
    layers=st.lists(st.tuples(words, algorithms), max_size=2).map(tuple),
    foreign=st.booleans(),
)
labels: SearchStrategy[Label] = st.builds(
    Label,
    artifact_type=st.sampled_from(["", SBOM, SIGNATURE]),
    note=st.sampled_from(["", "ä"]),
    typed=st.booleans(),
)
