"""The preview of a placement, the pages of a visitor and of an item. None logs an exposure or assigns anybody."""

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import errors, ids
from dashboard.core.knob_words import KNOB_WORDS
from dashboard.experiments.selectors import experiment_of
from dashboard.policies import rule_pages
from dashboard.policies.forms import sent_knobs
from dashboard.policies.pages import picked_at, preview_visitors
from dashboard.policies.selectors import placement_by_slug, proposal_of, published_policy
from dashboard.policies.services import draft_rule, placement_at_hand
from dashboard.policies.wording import knob_changes, proposal_changes
from dashboard.serving import estimate_words, item_page, pages, preview_words, why_pages
from dashboard.serving.estimates import AT_ONCE, estimate_of
from dashboard.serving.experiment_slates import slates_of_variants
from dashboard.serving.forms import ItemRuleForm
from dashboard.serving.preview import PUBLISHED, Asked, preview_of, proposed_policy
from dashboard.serving.trade_off import trade_off as measured_trade_off
from dashboard.serving.trade_off_words import trade_off_figure
from recommender.slate import KNOB_NAMES, Knobs

DRAW_BITS = 31
MAX_PICKED = 20  # items of a basket
MAX_ID = ids.EXTERNAL_ID_MAX_LENGTH


@require_GET
@shop_page()
def preview(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """Published and proposed slates side by side: a fragment for htmx, a page without scripts."""
    placement = placement_by_slug(shop, slug)
    asked = _asked(request.GET)
    found = preview_of(shop, placement, asked)
    kept = Knobs.from_dict(found.proposal.knobs)
    context = {
        "nav": "policies",
        "placement": placement,
        "policy": found.proposal.published,
        "preview": found,
        "visitor_id": asked.visitor_id,
        "picks": picked_at(slug),
        "draw": asked.draw,
        "next_draw": secrets.randbits(DRAW_BITS),
        "seen": [(name, getattr(kept, name)) for name in KNOB_NAMES],
        "knobs": [(name, getattr(found.proposed_knobs, name)) for name in KNOB_NAMES],
        "proposal": found.proposal,
        "draft_changes": proposal_changes(found.proposal),
        "unsaved": knob_changes(kept, found.proposed_knobs),
        "changes": knob_changes(found.published.policy.knobs, found.proposed_knobs),
        "costs": preview_words.cost_sentences(found.costs_after),
        "answer": preview_words.answer(found),
        "met": preview_words.met_sentence(shop, found),
        "moves": preview_words.moves_sentence(found),
    }
    template = "serving/_preview.html" if request.htmx else "serving/preview.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_GET
@shop_page()
def options(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Items for what is typed where a preview takes a product or a basket."""
    text = request.GET.get("picked" if "picked" in request.GET else "wanted", "")[:MAX_ID]
    return render(request, "policies/_options.html", rule_pages.options(shop, "item_id", text))


@require_GET
@shop_page()
def trade_off(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """What a knob costs and brings (`knob`), with the policy as it stands on the page."""
    placement = placement_by_slug(shop, slug)
    knob = request.GET.get("knob", KNOB_NAMES[0])
    if knob not in KNOB_NAMES:
        raise errors.Invalid(_("There is no such knob."), fields={"knob": "unknown"})
    found = measured_trade_off(shop, slug, knob, proposed_policy(placement, sent_knobs(request.GET)))
    context = {"placement": placement, "knob": knob, "words": KNOB_WORDS, "figure": trade_off_figure(found)}
    return render(request, "serving/_trade_off.html", context)


@require_GET
@shop_page()
def estimate(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """What the draft, with the knobs as they stand on the page, would have brought."""
    placement = placement_by_slug(shop, slug)
    published = published_policy(shop_id=shop.pk, slug=slug)
    proposal = proposal_of(placement)
    knobs = sent_knobs(request.GET)
    found = estimate_of(shop, published, proposed_policy(placement, knobs), at_once=AT_ONCE)
    kept = Knobs.from_dict(proposal.knobs)
    moved = knob_changes(kept, Knobs.from_dict({**proposal.knobs, **knobs}))
    context = {
        "placement": placement,
        "found": found,
        "changes": bool(moved) or not proposal.is_empty,
        "headline": estimate_words.headline(found),
        "next_step": estimate_words.next_step(found),
        "basis": estimate_words.basis(found),
        "rows": estimate_words.rows(found, shop.currency),
    }
    return render(request, "serving/_estimate.html", context)


@require_GET
@shop_page()
def visitor(request: HttpRequest, shop: Shop, visitor_id: str) -> HttpResponse:
    _check_id(visitor_id)
    draw = _draw(request.GET) if "draw" in request.GET else secrets.randbits(DRAW_BITS)
    page = pages.visitor_page(shop, visitor_id, request.GET.get("placement", ""), draw)
    template = "serving/_slate.html" if request.htmx else "serving/visitor.html"  # type: ignore[attr-defined]
    return render(request, template, page)


@require_GET
@shop_page()
def why(request: HttpRequest, shop: Shop, visitor_id: str) -> HttpResponse:
    """Why they would see each item of a draw: a fragment for htmx, a page without scripts."""
    _check_id(visitor_id)
    page = why_pages.why_page(shop, visitor_id, request.GET.get("placement", "home"), _draw(request.GET))
    template = "serving/_why.html" if request.htmx else "serving/why.html"  # type: ignore[attr-defined]
    return render(request, template, page)


@require_GET
@shop_page()
def item(request: HttpRequest, shop: Shop, item_id: str) -> HttpResponse:
    return render(request, "serving/item.html", {"nav": "catalog", **item_page.item_page(shop, item_id)})


@require_GET
@shop_page()
def item_details(request: HttpRequest, shop: Shop, item_id: str) -> HttpResponse:
    """The part of an item's page that takes a moment."""
    return render(request, "serving/_item_details.html", item_page.item_details(shop, item_id))


@require_POST
@shop_page("editor")
def item_rule(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Pin an item, or keep it out: into the draft of a placement, where it is looked at and published."""
    form = ItemRuleForm(request.POST)
    if not form.is_valid():
        raise errors.Invalid(_("Choose a placement, and whether to pin the item or to keep it out."))
    placement = placement_at_hand(shop, form.cleaned_data["placement"])
    draft_rule(placement=placement, rule=form.as_rule(), by=signed_in(request))
    messages.success(request, _("The rule is in the draft; it acts once the draft is published."))
    return redirect("policies:rules", shop.slug, placement.slug)


def _asked(sent: QueryDict) -> Asked:
    picked = tuple(text.strip() for text in sent.getlist("picked")[:MAX_PICKED] if 0 < len(text.strip()) <= MAX_ID)
    return Asked(sent_knobs(sent), _visitor(sent), _draw(sent), sent.get("variant", PUBLISHED), picked)


def _visitor(sent: QueryDict) -> str:
    """The id that was typed, else the one that was chosen; empty for a first-time visitor."""
    visitor_id = sent.get("visitor_id", "").strip() or sent.get("visitor", "")
    _check_id(visitor_id)
    return visitor_id


def _check_id(visitor_id: str) -> None:
    if len(visitor_id) > ids.EXTERNAL_ID_MAX_LENGTH or "\x00" in visitor_id:
        raise errors.Invalid(_("That is no id of a visitor."), fields={"visitor_id": "invalid"})


def _draw(sent: QueryDict) -> int:
    value = sent.get("draw", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 10 else 1


@require_GET
@shop_page()
def experiment_slates(request: HttpRequest, shop: Shop, experiment_id: int) -> HttpResponse:
    """The slates of an experiment's variants for one visitor: a fragment for htmx, a page without scripts."""
    experiment = experiment_of(shop, experiment_id)
    visitors = preview_visitors(shop)
    chosen = request.GET.get("visitor_id", visitors[0][0] if visitors else "")[:MAX_ID]
    context = {
        "nav": "experiments",
        "experiment": experiment,
        "visitors": visitors,
        "visitor_id": chosen,
        "slates": slates_of_variants(experiment, chosen),
    }
    template = "serving/_experiment_slates.html" if request.htmx else "serving/experiment_slates.html"  # type: ignore[attr-defined]
    return render(request, template, context)
