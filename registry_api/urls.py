"""The endpoints of distribution-spec 1.1.1, in its order and with its ids.

Names nest and may contain the words of the routes: a name takes as much as it can, so the right-most match counts.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path, register_converter

from registry_api import (
    blobs,
    catalog,
    converters,
    extensions,
    keys,
    manifests,
    referrers,
    tags,
    token,
    uploads,
    version,
)

register_converter(converters.NameConverter, "name")
register_converter(converters.SegmentConverter, "segment")

urlpatterns: list[URLPattern | URLResolver] = [
    # end-1
    path("v2/", version.VersionView.as_view()),
    path("v2", version.VersionView.as_view()),
    # end-4a, 4b, 4c, end-11
    path("v2/<name:name>/blobs/uploads/", uploads.UploadsView.as_view()),
    path("v2/<name:name>/blobs/uploads", uploads.UploadsView.as_view()),
    # end-5, end-6, end-13, end-14
    path("v2/<name:name>/blobs/uploads/<segment:upload>", uploads.UploadView.as_view()),
    # end-2, end-10
    path("v2/<name:name>/blobs/<segment:digest>", blobs.BlobView.as_view()),
    # end-3, end-7a, 7b, end-9
    path("v2/<name:name>/manifests/<segment:reference>", manifests.ManifestView.as_view()),
    # end-8a, 8b
    path("v2/<name:name>/tags/list", tags.TagsView.as_view()),
    # end-12a, 12b
    path("v2/<name:name>/referrers/<segment:digest>", referrers.ReferrersView.as_view()),
    # Extensions: the discovery of them, and the listing that is older than the specification
    path("v2/_oci/ext/discover", extensions.ExtensionsView.as_view()),
    path("v2/<name:name>/_oci/ext/discover", extensions.RepositoryExtensionsView.as_view()),
    path("v2/_catalog", catalog.CatalogView.as_view()),
    # The token service that challenges lead to, and the keys of its tokens
    path("token", token.TokenView.as_view()),
    path(".well-known/jwks.json", keys.KeysView.as_view()),
    # Everything else: an answer of the specification, never a page
    re_path(r"^v2/[\s\S]*\Z", version.NowhereView.as_view()),
]
