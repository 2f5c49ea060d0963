"""The settings of one repository: description, visibility, deletion. One page, three forms with an address each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from repositories import catalog, quotas
from repositories.access import Action
from repositories.errors import ContentError
from repositories.forms import DeleteForm, DescriptionForm, VisibilityForm
from repositories.views.frame import Frame, open_to_all


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def description(request: HttpRequest, name: str) -> HttpResponse:
    """Change the description; the other forms of the page have addresses of their own."""
    frame = Frame(request, name, "repository_settings", needs=Action.ADMIN)
    form = DescriptionForm(request.POST or None, initial={"description": frame.repository.description})
    if request.method == "POST" and form.is_valid():
        try:
            catalog.change(frame.access, description=form.cleaned_data["description"])
        except ContentError as error:
            form.refuse(error)
        else:
            messages.success(request, "The description is saved.")
            return redirect("repository_settings", name)
    return _render_settings(frame, description_form=form)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def visibility(request: HttpRequest, name: str) -> HttpResponse:
    """Make a public repository private or a private one public."""
    frame = Frame(request, name, "repository_settings", needs=Action.ADMIN)
    form = VisibilityForm(frame.repository.name, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            changed = catalog.change(frame.access, visibility=form.cleaned_data["visibility"])
        except ContentError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{name} is {changed.visibility} now.")
            return redirect("repository_settings", name)
    return _render_settings(frame, visibility_form=form)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, name: str) -> HttpResponse:
    """Delete the repository with all its tags and images."""
    frame = Frame(request, name, "repository_settings", needs=Action.ADMIN)
    form = DeleteForm(frame.repository.full_name, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            catalog.delete(frame.access, confirm=form.cleaned_data["confirm"])
        except ContentError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{name} is deleted.")
            return redirect("namespace", frame.repository.namespace.name)
    return _render_settings(frame, delete_form=form)


def _render_settings(frame: Frame, **bound: Any) -> HttpResponse:
    repository = frame.repository
    other = "public" if repository.is_private else "private"
    forms = {
        "description_form": DescriptionForm(initial={"description": repository.description}),
        "visibility_form": VisibilityForm(repository.name, initial={"visibility": other}),
        "delete_form": DeleteForm(repository.full_name),
    }
    return frame.render(
        "repositories/repository_settings.html", usage=quotas.usage_of(repository.namespace), **(forms | bound)
    )
