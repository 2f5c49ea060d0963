from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def home(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    return HttpResponse("Berth")


mail = health = theme = styleguide = bad_request = forbidden = not_found = server_error = csrf_failure = home
