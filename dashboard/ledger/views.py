"""The ledger of exploration, and the launches."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, may_edit, shop_page, signed_in
from dashboard.core import errors
from dashboard.experiments.selectors import experiment_of
from dashboard.ledger import services
from dashboard.ledger.charts import balance_figure, reach_figure
from dashboard.ledger.forms import FairTrialForm
from dashboard.ledger.selectors import (
    LAUNCH_PERIODS,
    PERIODS,
    fair_trial_of,
    launches,
    ledger_of,
    ledger_placements,
    variant_costs,
)


@require_GET
@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    """What exploring cost, and what came back."""
    placements, wanted = ledger_placements(shop), request.GET.get("days", "")
    slug = request.GET.get("placement", "")
    slug = slug if slug in dict(placements) else ""
    found = ledger_of(shop, int(wanted) if wanted in map(str, PERIODS) else PERIODS[1], slug)
    context = {
        "nav": "ledger",
        "ledger": found,
        "periods": PERIODS,
        "placements": placements,
        "balance_figure": balance_figure(found) if found.total.tells_cost and len(found.days) > 1 else None,
        "reach_figure": reach_figure(found) if len(found.reach) > 1 else None,
    }
    return render(request, "ledger/index.html", context)


@require_GET
@shop_page()
def launched(request: HttpRequest, shop: Shop) -> HttpResponse:
    """New items: what each was given, and its outlook."""
    wanted = request.GET.get("days", "")
    days = int(wanted) if wanted in map(str, LAUNCH_PERIODS) else LAUNCH_PERIODS[1]
    rows = launches(shop, days)
    context = {
        "nav": "ledger",
        "rows": rows,
        "days": days,
        "periods": LAUNCH_PERIODS,
        "without_trial": [row for row in rows if row.outlook == "no_trial"],
        "trial": fair_trial_of(shop),
        "may_edit": may_edit(request),
    }
    return render(request, "ledger/launches.html", context)


@require_POST
@shop_page("editor")
def trial(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Decide what a fair trial is."""
    form = FairTrialForm(request.POST)
    if not form.is_valid():
        raise errors.Invalid(_("Enter two whole numbers."))
    services.change_fair_trial(shop=shop, **form.cleaned_data, actor=signed_in(request))
    messages.success(request, _("Saved."))
    return redirect("ledger:launches", shop_slug=shop.slug)


@require_GET
@shop_page()
def experiment_costs(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    """What exploring cost each variant of an experiment: a fragment for htmx, a page without scripts."""
    experiment = experiment_of(shop, experiment_id)
    context = {"nav": "experiments", "experiment": experiment, "costs": variant_costs(experiment)}
    template = "ledger/_experiment_costs.html" if request.htmx else "ledger/experiment_costs.html"  # type: ignore[attr-defined]
    return render(request, template, context)
