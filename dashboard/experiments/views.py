"""The list of experiments with its start form, and the page of one experiment."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import errors
from dashboard.core.downloads import CSV, as_file, csv_file
from dashboard.core.sent_forms import cleaned
from dashboard.experiments import pages, selectors, services
from dashboard.experiments.forms import EndForm, StartForm
from dashboard.experiments.interleaving_page import interleaving_page
from dashboard.experiments.start_page import start_page
from dashboard.experiments.submitted import begun_from
from dashboard.experiments.table import csv_of, days_of
from dashboard.policies.selectors import placement_by_slug


@require_GET
@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    return render(request, "experiments/index.html", {"nav": "experiments", **pages.list_context(shop)})


@require_GET
@shop_page("editor")
def new(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The start form; the form alone for htmx, which asks anew where placement, metric, share or aim are changed."""
    page = start_page(shop, request.GET.dict())
    template = "experiments/_start.html" if request.htmx else "experiments/new.html"  # type: ignore[attr-defined]
    return render(request, template, {"nav": "experiments", **page})


@require_POST
@shop_page("editor")
def create(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Start an experiment, or draft it (`action=draft`). What does not fit stays in the form, and says why."""
    form = StartForm(request.POST)
    if not form.is_valid():
        return _form_again(request, shop, _("Some fields need another value."), form.problems)
    placement = placement_by_slug(shop, form.cleaned_data["placement"])
    as_draft = request.POST.get("action") == "draft"
    try:
        experiment = begun_from(form, placement, by=signed_in(request), as_draft=as_draft)
    except (errors.Invalid, errors.Conflict) as refusal:
        return _form_again(request, shop, refusal.message, refusal.fields)
    return redirect("experiments:detail", shop.slug, experiment.pk)


def _form_again(request: HttpRequest, shop: Shop, message: str, problems: dict[str, str]) -> HttpResponse:
    page = {"nav": "experiments", **start_page(shop, request.POST.dict()), "refusal": message, "problems": problems}
    return render(request, "experiments/new.html", page, status=400)


@require_GET
@shop_page()
def detail(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    experiment = selectors.experiment_of(shop, experiment_id)
    if experiment.is_interleaved and experiment.started_at:
        page = pages.common_context(experiment) | interleaving_page(experiment)
        return render(request, "experiments/interleaved.html", {"nav": "experiments", **page})
    return render(request, "experiments/detail.html", {"nav": "experiments", **pages.detail_context(experiment)})


@require_GET
@shop_page()
def live(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    """The results for a page that lies open, which asks every few seconds: nothing where nothing is new, and the whole
    page where it has ended meanwhile. Costs a look at one row until then."""
    experiment = selectors.experiment_of(shop, experiment_id)
    if request.GET.get("seen") == pages.as_of(experiment):
        return HttpResponse(status=204)
    answer = render(request, "experiments/_live.html", pages.detail_context(experiment))
    if experiment.state != "running":
        answer["HX-Refresh"] = "true"
    return answer


@require_GET
@shop_page()
def download(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    experiment = selectors.experiment_of(shop, experiment_id)
    table = csv_of(selectors.results_of(experiment), pages.changes_in_words(experiment))
    return as_file(HttpResponse(table, content_type=CSV), f"experiment-{experiment.pk}.csv")


@require_GET
@shop_page()
def download_days(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponseBase:
    """Sums by day, variant and metric."""
    experiment = selectors.experiment_of(shop, experiment_id)
    return csv_file(shop.pk, days_of(selectors.moments_by_day(experiment)), f"experiment-{experiment.pk}-days.csv")


@require_POST
@shop_page("editor")
def start(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    services.begin_experiment(experiment=selectors.experiment_of(shop, experiment_id), by=signed_in(request))
    messages.success(request, _("The experiment runs. Visitors are split from the next slate on."))
    return redirect("experiments:detail", shop.slug, experiment_id)


@require_POST
@shop_page("editor")
def stop(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    experiment, sent = selectors.experiment_of(shop, experiment_id), cleaned(EndForm(request.POST))
    services.stop_experiment(experiment=experiment, by=signed_in(request), decision=sent["decision"])
    messages.success(request, _("The experiment is stopped. Every visitor sees the published policy again."))
    return redirect("experiments:detail", shop.slug, experiment_id)


@require_POST
@shop_page("editor")
def publish(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    experiment, sent = selectors.experiment_of(shop, experiment_id), cleaned(EndForm(request.POST))
    try:
        services.ship_experiment(experiment=experiment, by=signed_in(request), **sent)
    except errors.Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The variant is published. Every visitor sees it from now on."))
    return redirect("experiments:detail", shop.slug, experiment_id)
