"""Families of media types."""

from __future__ import annotations

import pytest

from repositories.oci import mediatypes


@pytest.mark.parametrize(
    ("header", "bare"),
    [("A/B", "a/b"), ("a/b; charset=utf-8", "a/b"), (" a/b ;x", "a/b"), ("", ""), (";", "")],
)
def test_parameters_and_case_do_not_matter(header: str, bare: str) -> None:
    assert mediatypes.bare(header) == bare


@pytest.mark.parametrize(
    ("media_type", "foreign"),
    [
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", True),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", True),
        ("application/vnd.oci.image.layer.v1.tar+gzip", False),
        ("", False),
    ],
)
def test_foreign_layers_are_known_by_their_type(media_type: str, foreign: bool) -> None:
    assert mediatypes.is_foreign_layer(media_type) is foreign
