"""For operators: shops, their people and keys. Keys cannot be made here, because they could not be shown."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import ApiKey, AuditEntry, Membership, Shop, User


class MembershipInline(admin.TabularInline):
    """The people of a shop."""

    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Shop)
class ShopAdmin(admin.ModelAdmin):
    """Shops."""

    list_display = ["name", "slug", "timezone", "currency", "is_sample", "created_at"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """People, by e-mail address."""

    ordering = ["email"]
    list_display = ["email", "name", "is_staff", "is_active"]
    search_fields = ["email", "name"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name"]}),
        (_("Permissions"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "password1", "password2"]})]


class ReadOnly:
    """What is shown and never edited here."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, admin.ModelAdmin):
    """Keys, to see and to delete."""

    list_display = ["prefix", "shop", "kind", "name", "last_used_at", "expires_at", "revoked_at"]
    list_filter = ["kind"]
    search_fields = ["prefix", "shop__slug"]
    exclude = ["digest"]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, admin.ModelAdmin):
    """The audit trail; nobody edits it."""

    list_display = ["created_at", "shop", "actor_label", "action", "subject"]
    list_filter = ["action"]
    search_fields = ["shop__slug", "subject"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
