"""Runs and artifacts for operators, to look at; and the action that retrains shops."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dashboard.accounts.models import Shop
from dashboard.core import errors
from dashboard.training import services
from dashboard.training.models import Artifact, RetrainPlan, Run

LIMITS = ("most_memory_mib", "most_cores", "most_minutes", "artifacts_mib")


class LookOnly(admin.ModelAdmin):
    """The state machine is changed by services alone."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Run)
class RunAdmin(LookOnly):
    list_display = ("id", "shop", "state", "preset", "trigger", "attempt", "progress", "created_at", "ended_at")
    list_filter = ("state", "trigger", "preset", "shop")
    search_fields = ("reason", "shop__slug")
    date_hierarchy = "created_at"


@admin.register(Artifact)
class ArtifactAdmin(LookOnly):
    list_display = ("__str__", "shop", "run", "is_active", "size_bytes", "created_at", "published_at")
    list_filter = ("is_active", "shop")


@admin.register(RetrainPlan)
class RetrainPlanAdmin(admin.ModelAdmin):
    """What the trainings of a shop may take; the rest of the plan is the shop's own to decide."""

    list_display = ("shop", *LIMITS)
    fields = ("shop", *LIMITS)


@admin.action(description=_("Retrain the chosen shops"), permissions=["change"])
def retrain(model_admin: Any, request: HttpRequest, queryset: QuerySet[Shop]) -> None:
    """An action on shops; the lower room of accounts does not know of training, so it is added here."""
    started = 0
    for shop in queryset:
        try:
            services.start_run(shop=shop, requested_by=request.user)  # type: ignore[arg-type]
            started += 1
        except errors.Conflict as conflict:
            model_admin.message_user(request, f"{shop}: {conflict.message}", messages.WARNING)
    if started:
        text = ngettext("%(count)d run was queued.", "%(count)d runs were queued.", started) % {"count": started}
        model_admin.message_user(request, text, messages.SUCCESS)


_shops = admin.site.get_model_admin(Shop)
_shops.actions = [*(_shops.actions or ()), retrain]
