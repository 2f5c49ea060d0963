"""Addresses of people's things below /api/v1/; the last slash may be left out."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, re_path

from accounts.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^namespaces/?$", views.Namespaces.as_view(), name="api_namespaces"),
    re_path(r"^namespaces/(?P<namespace>[^/]+)/?$", views.NamespaceDetail.as_view(), name="api_namespace"),
    re_path(r"^tokens/?$", views.Tokens.as_view(), name="api_tokens"),
    re_path(r"^tokens/(?P<token>[0-9]{1,18})/?$", views.TokenDetail.as_view(), name="api_token"),
]
