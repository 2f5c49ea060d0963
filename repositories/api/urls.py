"""Addresses of content below /api/v1/; the last slash may be left out.

Full names nest, so what belongs to a repository follows `/-/`: no part of a name can be `-`.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, re_path

from repositories.api import views

_REPOSITORY = r"^repositories/(?P<repository>[^/]+(?:/(?!-/)[^/]+)*)"

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^namespaces/(?P<namespace>[^/]+)/usage/?$", views.Usage.as_view(), name="api_usage"),
    re_path(r"^repositories/?$", views.Repositories.as_view(), name="api_repositories"),
    re_path(rf"{_REPOSITORY}/?$", views.RepositoryDetail.as_view(), name="api_repository"),
    re_path(rf"{_REPOSITORY}/-/tags/?$", views.Tags.as_view(), name="api_tags"),
    re_path(rf"{_REPOSITORY}/-/tags/(?P<tag>[^/]+)/?$", views.TagDetail.as_view(), name="api_tag"),
]
