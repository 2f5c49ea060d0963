"""Everything below /api/. drf-spectacular is heavy, so the document is imported by name when somebody asks for it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import refusals
from accounts.api.base import ApiView


class Nothing(ApiView):
    """Every address below /api/ that is not in the table."""

    schema = None
    authentication_classes = []
    throttle_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise refusals.AddressUnknown


class Schema(ApiView):
    """The OpenAPI document."""

    schema = None
    authentication_classes = []
    throttle_classes = []

    def get(self, request: Request) -> Response:
        return Response(import_module("hub.api.openapi").document())


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document as a page."""
    page = import_module("hub.api.docs")
    return render(request, "hub/api_docs.html", {"introduction": page.introduction(), "groups": page.groups()})


urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^v1/schema/?$", Schema.as_view(), name="api_schema"),
    re_path(r"^v1/docs/?$", docs, name="api_docs"),
    path("v1/", include("hub.api.addresses")),
    re_path(r"", Nothing.as_view()),
]
