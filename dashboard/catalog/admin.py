"""For operators: items."""

from django.contrib import admin

from dashboard.catalog.models import Item


@admin.register(Item)
class ItemAdmin(admin.ModelAdmin):
    """Items, searched by the beginning of their id, so that a large catalog stays quick."""

    list_display = ["item_id", "title", "shop", "brand", "price", "in_stock", "deleted_at"]
    list_filter = ["shop", "in_stock"]
    search_fields = ["item_id__startswith", "title"]
    show_full_result_count = False
    raw_id_fields = ["shop"]
