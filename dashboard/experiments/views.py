"""The list of experiments with its start form, and the page of one experiment."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page
from dashboard.core import errors
from dashboard.experiments import pages, selectors, services
from dashboard.experiments.forms import StartForm
from dashboard.experiments.table import csv_of
from dashboard.policies.selectors import placement_by_slug


@require_GET
@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    context = pages.list_context(shop, request.GET.get("placement", ""))
    return render(request, "experiments/index.html", {"nav": "experiments", **context})


@require_GET
@shop_page()
def plan(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The part of the start form that depends on the placement."""
    return render(request, "experiments/_start.html", pages.start_context(shop, request.GET.get("placement", "")))


@require_POST
@shop_page("editor")
def create(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Start an experiment, or draft it (`action=draft`); also what the placement page's “Test it” sends."""
    form = StartForm(request.POST)
    if not form.is_valid():
        raise errors.Invalid(form.first_problem(), fields={name: str(texts[0]) for name, texts in form.errors.items()})
    placement = placement_by_slug(shop, form.cleaned_data["placement"])
    arguments: dict[str, Any] = {
        "placement": placement,
        "treatment_knobs": form.knobs,
        "name": form.cleaned_data["name"],
        "by": request.user,
        "terms": services.Terms(
            primary_metric=form.metric,
            traffic_share=form.traffic_share,
            planned_visitors=selectors.plan_for(placement, traffic_share=form.traffic_share).planned_visitors,
        ),
    }
    make = services.create_experiment if request.POST.get("action") == "draft" else services.start_experiment
    experiment = make(**arguments)
    return redirect("experiments:detail", shop.slug, experiment.pk)


@require_GET
@shop_page()
def detail(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    experiment = selectors.experiment_of(shop, experiment_id)
    return render(request, "experiments/detail.html", {"nav": "experiments", **pages.detail_context(experiment)})


@require_GET
@shop_page()
def download(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    experiment = selectors.experiment_of(shop, experiment_id)
    response = HttpResponse(csv_of(selectors.results_of(experiment)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="experiment-{experiment.pk}.csv"'
    return response


@require_POST
@shop_page("editor")
def start(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    services.begin_experiment(experiment=selectors.experiment_of(shop, experiment_id), by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The experiment runs. Visitors are split from the next slate on."))
    return redirect("experiments:detail", shop.slug, experiment_id)


@require_POST
@shop_page("editor")
def stop(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    services.stop_experiment(experiment=selectors.experiment_of(shop, experiment_id), by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The experiment is stopped. Every visitor sees the published policy again."))
    return redirect("experiments:detail", shop.slug, experiment_id)


@require_POST
@shop_page("editor")
def publish(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    services.ship_experiment(experiment=selectors.experiment_of(shop, experiment_id), by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("Variant B is published. Every visitor sees it from now on."))
    return redirect("experiments:detail", shop.slug, experiment_id)
