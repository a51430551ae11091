"""Shops, for operators. Higher rooms add their actions (training: retrain)."""

from django.contrib import admin

from dashboard.accounts.models import Membership, Shop


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    raw_id_fields = ("user",)


@admin.register(Shop)
class ShopAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "timezone", "currency", "is_sample", "created_at")
    search_fields = ("name", "slug")
    inlines = (MembershipInline,)
