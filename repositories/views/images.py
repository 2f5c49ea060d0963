"""One image, found by its tag or by its digest."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from repositories import images
from repositories.oci import digests, names
from repositories.views.frame import Frame, open_to_all, query_of


@open_to_all
@require_safe
def tag(request: HttpRequest, name: str, tag: str) -> HttpResponse:
    """The image a tag points to, for one platform: `?platform=linux/arm64`."""
    frame = Frame(request, name, "tags")
    image = images.describe(frame.access, names.tag(tag), platform=query_of(request, "platform"))
    siblings = [other for other in image.tags if other != tag]
    return frame.render("repositories/tag.html", image=image, tag=tag, siblings=siblings, pull=tag)


@open_to_all
@require_safe
def manifest(request: HttpRequest, name: str, digest: str) -> HttpResponse:
    """The image of a digest, tagged or not."""
    frame = Frame(request, name, "tags")
    found = digests.parse(digest)
    image = images.describe(frame.access, str(found), platform=query_of(request, "platform"))
    return frame.render("repositories/manifest.html", image=image, tag="", siblings=image.tags, pull=found)
