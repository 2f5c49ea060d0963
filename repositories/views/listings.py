"""Many repositories: explore, a namespace; and the form that makes one more."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import namespaces
from accounts.errors import AccountError
from accounts.roles import CONTENT_ROLES
from repositories import catalog, quotas
from repositories.errors import ContentError
from repositories.forms import NewRepositoryForm
from repositories.views.frame import PAGE_SIZE, caller_of, open_to_all, order_of, query_of


@open_to_all
@require_safe
def explore(request: HttpRequest) -> HttpResponse:
    """Everything the caller may see, latest push first, or most pulls with `?sort=pulls`; `?q=` searches."""
    query, order = query_of(request), order_of(request)
    found = catalog.search(caller_of(request), query=query, order=order)
    page = Paginator(found, PAGE_SIZE).page(request.GET.get("page", 1))
    return render(request, "repositories/explore.html", {"page": page, "query": query, "order": order})


@open_to_all
@require_safe
def namespace(request: HttpRequest, name: str) -> HttpResponse:
    """The repositories of one namespace that the caller may see; its usage, for whoever sees all of them."""
    caller, owner = caller_of(request), namespaces.find(name)
    query, order = query_of(request), order_of(request)
    found = catalog.search(caller, query=query, namespace=owner.name, order=order)
    page = Paginator(found, PAGE_SIZE).page(request.GET.get("page", 1))
    may_create = namespaces.role_in(owner, caller) in CONTENT_ROLES
    usage = quotas.usage_of(owner) if may_create else None
    context = {"namespace": owner, "page": page, "query": query, "order": order}
    return render(request, "repositories/namespace.html", {**context, "usage": usage, "may_create": may_create})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Create a repository. Signed-in people only: Django's login middleware asks first."""
    caller = caller_of(request)
    mine = list(namespaces.of_user(caller))
    form = NewRepositoryForm(mine, request.POST or None, chosen=request.GET.get("namespace", ""))
    if request.method == "POST" and form.is_valid():
        try:
            made = catalog.create(caller, **form.cleaned_data)
        except (AccountError, ContentError) as error:
            form.refuse(error)
        else:
            return redirect("repository", made.full_name)
    usages = [(one, quotas.usage_of(one)) for one in mine[:5]]
    return render(request, "repositories/repository_new.html", {"form": form, "usages": usages})
