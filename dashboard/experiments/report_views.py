"""The report of an experiment: its links, and the page behind them, which is open to whoever holds one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import tenancy
from dashboard.core.errors import NotFound
from dashboard.core.sent_forms import cleaned
from dashboard.experiments import pages, selectors, services
from dashboard.experiments.forms import ReportForm
from dashboard.experiments.report_links import read_link


@require_POST
@shop_page("editor")
def share(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    """Make a link, and show it once: it is kept nowhere."""
    experiment, sent = selectors.experiment_of(shop, experiment_id), cleaned(ReportForm(request.POST))
    token = services.share_report(experiment=experiment, days=sent["days"], by=signed_in(request))
    address = request.build_absolute_uri(reverse("reports:experiment", args=[token]))
    page = {"nav": "experiments", "experiment": experiment, "address": address, "days": sent["days"]}
    answer = render(request, "experiments/report_link.html", page)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@shop_page("editor")
def revoke(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    services.revoke_reports(experiment=selectors.experiment_of(shop, experiment_id), by=signed_in(request))
    messages.success(request, _("All links of the report are taken back."))
    return redirect("experiments:detail", shop.slug, experiment_id)


@require_safe
def report(request: HttpRequest, token: str) -> HttpResponse:
    """The results alone: no page of the shop can be reached from here, and no cache or search engine keeps it."""
    try:
        link = read_link(token)
        tenancy.enter_shop(link.shop_id)
        experiment = selectors.experiment_of_link(link)
    except NotFound as gone:
        return _kept_nowhere(HttpResponse(gone.message, status=404, content_type="text/plain; charset=utf-8"))
    with timezone.override(experiment.shop.timezone):
        page = {**pages.report_context(experiment), "shop": experiment.shop, "until": link.expires_at}
        return _kept_nowhere(render(request, "experiments/report.html", page))


def _kept_nowhere(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
