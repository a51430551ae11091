"""What is done with the draft of a placement: keep knobs in it, throw it away."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import errors
from dashboard.policies import services
from dashboard.policies.forms import seen_and_sent, whole_number
from dashboard.policies.option_words import seen_and_sent_options
from dashboard.policies.wording import clash_sentence


@require_POST
@shop_page(role="editor")
def keep(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """Keep the knobs in the draft; `then` says what for: to publish it, or to test it."""
    placement = services.placement_at_hand(shop, slug)
    seen, sent = seen_and_sent(request.POST)
    try:
        services.draft_knobs(placement=placement, knobs=sent, seen=seen, by=signed_in(request))
    except errors.Conflict as conflict:
        messages.warning(request, clash_sentence(conflict.fields))
        return _with_theirs(request, shop, slug, {name: value for name, value in sent.items() if value != seen[name]})
    if request.POST.get("then") == "publish":
        return redirect("policies:confirm", shop.slug, slug)
    if request.POST.get("then") == "test":
        return redirect(reverse("experiments:new", args=[shop.slug]) + "?" + urlencode({"placement": slug}))
    return redirect("policies:detail", shop.slug, slug)


@require_POST
@shop_page(role="editor")
def keep_options(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """Keep in the draft how exploration and fairness act."""
    placement = services.placement_at_hand(shop, slug)
    seen, sent = seen_and_sent_options(request.POST)
    try:
        services.draft_knobs(placement=placement, knobs=sent, seen=seen, by=signed_in(request))
    except errors.Conflict as conflict:
        messages.warning(request, conflict.message)
    return redirect("policies:detail", shop.slug, slug)


@require_POST
@shop_page(role="editor")
def discard(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    try:
        services.discard_draft(
            placement=placement, revision=whole_number(request.POST, "revision"), by=signed_in(request)
        )
    except errors.Conflict as conflict:
        messages.warning(request, conflict.message)
    else:
        messages.success(request, _("The draft is empty again. What is served did not change."))
    return redirect("policies:detail", shop.slug, slug)


def _with_theirs(request: HttpRequest, shop: Shop, slug: str, moved: Mapping[str, float]) -> HttpResponse:
    """The page as it stands now, with this person's knobs moved on top and not kept."""
    address = reverse("policies:detail", args=[shop.slug, slug]) + "?" + urlencode(moved)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)  # type: ignore[attr-defined]
