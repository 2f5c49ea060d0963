"""What every page knows: the site's name, the host that people write in `docker pull`, the chosen theme."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

THEME_COOKIE = "hub_theme"
THEMES = ("auto", "light", "dark")


def site(request: HttpRequest) -> dict[str, object]:
    """SITE_NAME, REGISTRY_HOST, theme (an unknown one counts as auto), SIGNUP_OPEN, MAIL (smtp, outbox or none)."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "SITE_NAME": settings.SITE_NAME,
        "REGISTRY_HOST": settings.HUB_REGISTRY_HOST,
        "SIGNUP_OPEN": settings.HUB_SIGNUP == "open",
        "MAIL": settings.HUB_MAIL,
        "theme": chosen if chosen in THEMES else "auto",
    }
