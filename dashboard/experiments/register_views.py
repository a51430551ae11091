"""The register of experiments that have ended: what they taught, and which of them the list still shows."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import errors
from dashboard.experiments import selectors, services
from dashboard.experiments.forms import LearningForm
from dashboard.experiments.register_page import learning_form, register_page

NAV = {"nav": "experiments"}


@require_GET
@shop_page()
def register(request: HttpRequest, shop: Shop) -> HttpResponse:
    page = register_page(shop, tag=request.GET.get("tag", ""), number=request.GET.get("page", ""))
    return render(request, "experiments/register.html", {**NAV, **page})


@require_GET
@shop_page("editor")
def learning(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    """The form; of an experiment that goes on its page, since nothing was learned yet."""
    experiment = selectors.experiment_of(shop, experiment_id)
    if not experiment.has_ended:
        return redirect("experiments:detail", shop.slug, experiment_id)
    return render(request, "experiments/learning.html", {**NAV, **learning_form(experiment)})


@require_POST
@shop_page("editor")
def note(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    """Keep note and tags. What does not fit stays in the form, and says why."""
    experiment, form = selectors.experiment_of(shop, experiment_id), LearningForm(request.POST)
    try:
        if not form.is_valid():
            raise errors.Invalid(_("Some fields need another value."))
        services.note_learning(experiment=experiment, by=signed_in(request), **form.cleaned_data)
    except errors.Invalid as refusal:
        page = {**NAV, **learning_form(experiment, request.POST), "refusal": refusal.message}
        return render(request, "experiments/learning.html", page, status=400)
    messages.success(request, _("Note and tags are kept."))
    return _back(shop, experiment_id)


@require_POST
@shop_page("editor")
def archive(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    """Put it into the archive, or take it back (`archived=no`)."""
    experiment, is_archived = selectors.experiment_of(shop, experiment_id), request.POST.get("archived") != "no"
    services.note_learning(experiment=experiment, by=signed_in(request), is_archived=is_archived)
    said = _("It is in the archive: the list leaves it out.") if is_archived else _("It is back in the list.")
    messages.success(request, said)
    return _back(shop, experiment_id, request.POST.get("tag", ""), request.POST.get("page", ""))


def _back(shop: Shop, experiment_id: int, tag: str = "", number: str = "") -> HttpResponse:
    """To its line of the register, as it was filtered."""
    kept = {name: value for name, value in (("tag", tag), ("page", number)) if value}
    asked = f"?{urlencode(kept)}" if kept else ""
    return redirect(f"{reverse('experiments:register', args=[shop.slug])}{asked}#experiment-{experiment_id}")
