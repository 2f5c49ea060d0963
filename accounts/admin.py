"""Lists for the hub's staff. Names, tokens and keys change through the rules only, so most of it is to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts import callers, users
from accounts.models import AccessToken, Membership, Namespace, SigningKey, Team, User

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    AnyUserAdmin = UserAdmin[User]
else:
    AnyAdmin, AnyUserAdmin = admin.ModelAdmin, UserAdmin

# One way in: allauth's, with its verification and our limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Berth administration"


class ReadOnly(AnyAdmin):
    """A list to look things up in."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(User)
class Users(AnyUserAdmin):
    """Accounts are disabled, not deleted: their names must not fall to somebody else."""

    list_display = ["username", "email", "is_verified", "is_active", "is_staff", "date_joined", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", "date_joined"]
    search_fields = ["username", "email"]
    ordering = ["-date_joined"]
    readonly_fields = ["username", "email", "uid", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "email", "uid", "password"]}),
        ("May", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("When", {"fields": ["date_joined", "last_login"]}),
    ]
    actions = ["verify_addresses", "disable_accounts"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        trusted = callers.trusted_users().filter(pk=OuterRef("pk"))
        return super().get_queryset(request).annotate(verified=Exists(trusted))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(boolean=True, description="verified and active")
    def is_verified(self, user: Any) -> bool:
        return bool(user.verified)

    @admin.action(description="Verify the e-mail addresses", permissions=["change"])
    def verify_addresses(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        refused = [user.username for user in chosen if not users.confirm_address(user)]
        if refused:
            self.message_user(request, f"No address of their own: {', '.join(refused)}.", messages.WARNING)
        self.message_user(request, f"Verified {chosen.count() - len(refused)}.")

    @admin.action(description="Disable the accounts", permissions=["change"])
    def disable_accounts(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        others = chosen.exclude(username=request.user.get_username())
        for user in others:
            users.disable(user)
        self.message_user(request, f"Disabled {others.count()}. Their sessions and tokens no longer work.")


@admin.register(Namespace)
class Namespaces(ReadOnly):
    list_display = ["name", "kind", "default_visibility", "created_at"]
    list_filter = ["kind", "default_visibility"]
    search_fields = ["name", "names__name"]
    ordering = ["name"]


@admin.register(Membership)
class Memberships(ReadOnly):
    list_display = ["namespace", "user", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["namespace", "user"]
    search_fields = ["namespace__name", "user__username"]


@admin.register(Team)
class Teams(ReadOnly):
    list_display = ["name", "namespace", "description", "created_at"]
    list_select_related = ["namespace"]
    search_fields = ["name", "namespace__name"]


@admin.register(AccessToken)
class AccessTokens(ReadOnly):
    """Never the hash."""

    list_display = ["name", "user", "hint", "scope", "expires_at", "revoked_at", "last_used_at"]
    list_filter = ["scope"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    exclude = ["hash"]


@admin.register(SigningKey)
class SigningKeys(ReadOnly):
    """Never the private half."""

    list_display = ["kid", "state", "created_at", "retires_at"]
    exclude = ["private_key"]
