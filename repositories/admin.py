"""Content in Django's admin: plans and limits can be changed, content can only be looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from repositories.models import NamespaceUsage, Plan, Repository


class _ReadOnly(admin.ModelAdmin):
    """Changing content here would go around the rules."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin):
    list_display = ("name", "private_repositories", "bytes", "pulls")


@admin.register(NamespaceUsage)
class NamespaceUsageAdmin(admin.ModelAdmin):
    list_display = ("namespace", "plan", "byte_limit", "used", "reserved", "private_repositories")
    list_select_related = ("namespace", "plan")
    search_fields = ("namespace__name",)
    fields = ("namespace", "plan", "byte_limit", "used", "reserved", "private_repositories")
    readonly_fields = ("namespace", "used", "reserved", "private_repositories")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Repository)
class RepositoryAdmin(_ReadOnly):
    list_display = ("full_name", "visibility", "created_by", "created_at", "pushed_at")
    list_select_related = ("namespace", "created_by")
    list_filter = ("visibility",)
    search_fields = ("name", "namespace__name")
