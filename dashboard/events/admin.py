"""For operators: behaviour, to look at. It is append-only."""

from django.contrib import admin
from django.http import HttpRequest

from dashboard.events.models import DailyKpi, Exposure, Interaction


class AppendOnlyAdmin(admin.ModelAdmin):
    """Rows that nobody adds, edits or deletes by hand; never counts a large table."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Interaction)
class InteractionAdmin(AppendOnlyAdmin):
    """Interactions."""

    ordering = ["-timestamp"]
    list_display = ["timestamp", "shop", "visitor_id", "type", "item_id", "simulated", "low_trust"]
    list_filter = ["shop", "type", "simulated"]
    search_fields = ["visitor_id__exact"]


@admin.register(Exposure)
class ExposureAdmin(AppendOnlyAdmin):
    """Slates that were served."""

    list_display = ["served_at", "shop", "placement", "visitor_id", "variant", "fallback", "latency_ms"]
    list_filter = ["shop", "placement"]
    search_fields = ["visitor_id__exact"]


@admin.register(DailyKpi)
class DailyKpiAdmin(AppendOnlyAdmin):
    """Days, summed."""

    list_display = ["day", "shop", "placement", "visitors", "interactions", "orders", "revenue", "slates", "clicks"]
    list_filter = ["shop"]
    date_hierarchy = "day"
