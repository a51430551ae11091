"""A shop's own metrics: the list, the form with what it would have counted, and what may change of one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import errors
from dashboard.experiments import metric_pages, selectors, services
from dashboard.experiments.metric_forms import GuardForm, MetricForm

NAV = {"nav": "experiments"}


@require_GET
@shop_page()
def metrics(request: HttpRequest, shop: Shop) -> HttpResponse:
    return render(request, "experiments/own_metrics.html", {**NAV, **metric_pages.metrics_page(shop)})


@require_GET
@shop_page("editor")
def new_metric(request: HttpRequest, shop: Shop) -> HttpResponse:
    return render(request, "experiments/own_metric_form.html", {**NAV, **metric_pages.form_page(shop, {})})


@require_GET
@shop_page("editor")
def preview_metric(request: HttpRequest, shop: Shop) -> HttpResponse:
    """What the metric that is being defined was in the last weeks."""
    page = metric_pages.preview_page(shop, request.GET.dict())
    return render(request, "experiments/_own_metric_preview.html", page)


@require_POST
@shop_page("editor")
def create_metric(request: HttpRequest, shop: Shop) -> HttpResponse:
    """What does not fit stays in the form, and says why."""
    form = MetricForm(request.POST)
    try:
        if not form.is_valid():
            raise errors.Invalid(_("Some fields need another value."), fields=form.problems)
        made = services.create_metric(
            shop=shop,
            name=form.cleaned_data["name"],
            terms=form.terms,
            guard_limit=form.guard_limit,
            by=signed_in(request),
        )
    except (errors.Invalid, errors.Conflict) as refusal:
        page = metric_pages.form_page(shop, request.POST.dict())
        page |= {"refusal": refusal.message, "problems": refusal.fields}
        return render(request, "experiments/own_metric_form.html", {**NAV, **page}, status=refusal.status)
    messages.success(request, _("“%(name)s” is saved. Experiments count it from now on.") % {"name": made.name})
    return redirect("experiments:metrics", shop.slug)


@require_GET
@shop_page("editor")
def metric(request: HttpRequest, shop: Shop, own_id: int) -> HttpResponse:
    own = selectors.own_metric(shop, own_id)
    return render(request, "experiments/own_metric.html", {**NAV, **metric_pages.metric_page(own)})


@require_POST
@shop_page("editor")
def change_metric(request: HttpRequest, shop: Shop, own_id: int) -> HttpResponse:
    """Its name, and what it guards."""
    own, form = selectors.own_metric(shop, own_id), GuardForm(request.POST)
    try:
        if not form.is_valid():
            raise errors.Invalid(_("Some fields need another value."), fields=form.problems)
        services.change_metric(
            shop=shop,
            own_id=own_id,
            name=form.cleaned_data["name"],
            guard_limit=form.guard_limit,
            by=signed_in(request),
        )
    except (errors.Invalid, errors.Conflict) as refusal:
        page = metric_pages.metric_page(own) | {"refusal": refusal.message}
        return render(request, "experiments/own_metric.html", {**NAV, **page}, status=refusal.status)
    messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return redirect("experiments:metrics", shop.slug)


@require_POST
@shop_page("editor")
def archive_metric(request: HttpRequest, shop: Shop, own_id: int) -> HttpResponse:
    services.archive_metric(shop=shop, own_id=own_id, by=signed_in(request))
    messages.success(request, _("The metric is archived. Results that have it keep it."))
    return redirect("experiments:metrics", shop.slug)
