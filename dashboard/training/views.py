"""The models page: runs with live progress, artifacts compared, retrain, publish, roll back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dashboard.accounts.access import Shop, may_edit, shop_page, signed_in
from dashboard.core import errors
from dashboard.training import pages, selectors, services
from dashboard.training.forms import PlanForm, RetrainForm


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    page = pages.models_page(shop, compare_with=request.GET.get("compare", ""))
    times = PlanForm.of(page.plan, can_edit=may_edit(request)).times
    return render(request, "training/index.html", {"nav": "training", "page": page, "times": times})


@shop_page()
def run(request: HttpRequest, shop: Shop, run_id: int) -> HttpResponse:
    row = pages.run_row(selectors.run(shop, run_id))
    return render(request, "training/run.html", {"nav": "training", "row": row})


@shop_page()
def live(request: HttpRequest, shop: Shop, run_id: int) -> HttpResponse:
    """The moving part of a run, asked for every two seconds; once it has ended the page loads anew."""
    row = pages.run_row(selectors.run(shop, run_id))
    response = render(request, "training/_live.html", {"row": row, "log_follows": True})
    if not row.is_active:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@shop_page("editor")
def start(request: HttpRequest, shop: Shop) -> HttpResponse:
    form = RetrainForm(request.POST)
    if not form.is_valid():
        raise errors.Invalid(_("Choose one of the presets."))
    services.request_run(shop=shop, preset=form.cleaned_data["preset"], requested_by=signed_in(request))
    return redirect("training:index", shop_slug=shop.slug)


@require_POST
@shop_page("editor")
def cancel(request: HttpRequest, shop: Shop, run_id: int) -> HttpResponse:
    services.cancel_run(run=selectors.run(shop, run_id), actor=signed_in(request))
    messages.info(request, _("Run %(id)d ends within a minute; what serves is not touched.") % {"id": run_id})
    return redirect("training:index", shop_slug=shop.slug)


@require_POST
@shop_page("editor")
def publish(request: HttpRequest, shop: Shop, artifact_id: int) -> HttpResponse:
    """Let a version serve: again if it did before, otherwise although it was held back."""
    artifact = selectors.artifact(shop, artifact_id)
    served_before = artifact.published_at is not None
    change = services.rollback_to if served_before else services.publish_artifact
    change(artifact=artifact, actor=signed_in(request))
    messages.success(request, _("%(version)s serves your shop now.") % {"version": artifact})
    return redirect("training:index", shop_slug=shop.slug)


@require_POST
@shop_page("editor")
def plan(request: HttpRequest, shop: Shop) -> HttpResponse:
    form = PlanForm(request.POST)
    if not form.is_valid():
        raise errors.Invalid(_("Weights are numbers from 0 to 10."))
    services.change_plan(shop=shop, actor=signed_in(request), **form.plan)
    messages.success(request, _("Saved."))
    return redirect("training:index", shop_slug=shop.slug)
