"""Addresses of the pages about content. `/-/` ends a repository's name, because no component of one is a dash."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from repositories.views import images, listings, repository, settings


class _Part:
    """One piece of an address. Permissive: the grammar is the rules' matter, and a bad name is one that is absent."""

    regex = r"[^/\x00]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


class _FullName(_Part):
    """Two pieces or more, none of them a dash."""

    regex = r"(?!-/)[^/\x00]+(?:/(?!-/|-\Z)[^/\x00]+)+"


register_converter(_Part, "part")
register_converter(_FullName, "full_name")

urlpatterns: list[URLPattern | URLResolver] = [
    path("explore", listings.explore, name="explore"),
    path("new", listings.new, name="repository_new"),
    path("<part:name>", listings.namespace, name="namespace"),
    path("<full_name:name>/-/tags", repository.tags, name="tags"),
    path("<full_name:name>/-/tags/<part:tag>", images.tag, name="tag"),
    path("<full_name:name>/-/tags/<part:tag>/delete", repository.tag_delete, name="tag_delete"),
    path("<full_name:name>/-/manifests/<part:digest>", images.manifest, name="manifest"),
    path("<full_name:name>/-/settings", settings.description, name="repository_settings"),
    path("<full_name:name>/-/settings/visibility", settings.visibility, name="repository_visibility"),
    path("<full_name:name>/-/settings/delete", settings.delete, name="repository_delete"),
    path("<full_name:name>", repository.overview, name="repository"),
]
