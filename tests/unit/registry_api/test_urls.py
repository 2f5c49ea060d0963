"""Every path has an answer of the protocol; names take as much as they can."""

from __future__ import annotations

import pytest
from django.urls import resolve

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("path", "view", "name"),
    [
        ("/v2/", "VersionView", None),
        ("/v2", "VersionView", None),
        ("/v2/_catalog", "CatalogView", None),
        ("/v2/_oci/ext/discover", "ExtensionsView", None),
        ("/v2/a/b/_oci/ext/discover", "RepositoryExtensionsView", "a/b"),
        ("/v2/_oci/ext/discover/manifests/1", "ManifestView", "_oci/ext/discover"),
        ("/token", "TokenView", None),
        ("/v2/app/manifests/latest", "ManifestView", "app"),
        ("/v2/a/b/c/blobs/uploads/", "UploadsView", "a/b/c"),
        ("/v2/a/b/c/blobs/uploads", "UploadsView", "a/b/c"),
        ("/v2/a/b/blobs/uploads/an-id", "UploadView", "a/b"),
        (f"/v2/a/blobs/{DIGEST}", "BlobView", "a"),
        (f"/v2/a/referrers/{DIGEST}", "ReferrersView", "a"),
        ("/v2/a/tags/list/tags/list", "TagsView", "a/tags/list"),
        ("/v2/a/manifests/tags/list", "TagsView", "a/manifests"),
        ("/v2/a/blobs/uploads/blobs/uploads/an-id", "UploadView", "a/blobs/uploads"),
        (f"/v2/a/blobs/uploads/blobs/{DIGEST}", "BlobView", "a/blobs/uploads"),
        ("/v2/a/tags/list/manifests/list", "ManifestView", "a/tags/list"),
        ("/v2/Bad Name/manifests/latest", "ManifestView", "Bad Name"),
        ("/v2//manifests/latest", "NowhereView", None),
        ("/v2/a\n/manifests/latest", "NowhereView", None),
        ("/v2/manifests/latest", "NowhereView", None),
        ("/v2/a/b", "NowhereView", None),
    ],
)
def test_the_right_most_match_counts(path: str, view: str, name: str | None) -> None:
    match = resolve(path, urlconf="registry_api.urls")
    assert match.func.view_class.__name__ == view  # type: ignore[attr-defined]
    assert match.kwargs.get("name") == name
