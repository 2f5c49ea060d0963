"""The site map: which floor answers which prefix. Fixed words first, then namespaces and repositories."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from hub import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("registry_api.urls")),
    path("api/", include("hub.api.urls")),
    path("", views.home, name="home"),
    path("-/mail", views.mail, name="mail"),
    path("-/health", views.health, name="health"),
    path("-/theme", views.theme, name="theme"),
    path("-/styleguide", views.styleguide, name="styleguide"),
    *([path("admin/", admin.site.urls)] if settings.HUB_ADMIN else []),
    path("accounts/", include("allauth.account.urls")),
    path("", include("accounts.urls")),
    path("", include("repositories.urls")),
]

handler400 = "hub.views.bad_request"
handler403 = "hub.views.forbidden"
handler404 = "hub.views.not_found"
handler500 = "hub.views.server_error"
