"""What a proposed policy would change, before anybody is served with it. Nothing is logged and nobody is assigned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from django.utils.text import capfirst

from dashboard.accounts.models import Shop
from dashboard.catalog.picking import resolved_item
from dashboard.catalog.servable import ServableItem, item_labels
from dashboard.policies.models import Placement
from dashboard.policies.pages import picked_at, preview_visitors
from dashboard.policies.selectors import (
    Override,
    Proposal,
    PublishedPolicy,
    ServedPolicy,
    proposal_of,
    published_policy,
    with_overrides,
)
from dashboard.serving.composing import Prepared, prepare, slate_items
from dashboard.serving.moves import Moves, moves_of
from dashboard.serving.overrides import facts_of, met_override, policy_for
from dashboard.serving.reasons import CHIPS, left_words
from dashboard.serving.request_context import RequestContext, read_request_context
from dashboard.serving.types import SlateItem, SlateRequest
from dashboard.serving.variants import assigned_variants, variants_under
from recommender.slate import Knobs, Rule, policy_hash
from recommender.slate.metrics import SlateMetrics, measure

PUBLISHED = "published"  # the key of the view of everyone who is in no experiment
DRAWS = 12  # of each sampled visitor: 8 visitors and 2 policies cost about 60 ms of drawing
_METRICS_SEED = 7  # the same draws for every proposal, so that a moved knob and not chance moves the numbers


@dataclass(frozen=True)
class ShownItem:
    """A row of a slate on a page. `direction`: up, down, same, new or out against the other slate; `because`: the item
    of the visitor that it goes with; `why`: what moved it, in a sentence or two."""

    slot: SlateItem
    item: ServableItem
    direction: str = "same"
    places: int = 0
    because: ServableItem | None = None
    why: str = ""

    @property
    def chip(self) -> dict[str, Any]:
        label, icon, tone = CHIPS.get(self.slot.reason, CHIPS["interest"])
        return {"label": label, "icon": icon, "tone": tone}

    @property
    def left_words(self) -> str:
        """That the visitor was shown it and left it; empty where they were not."""
        return str(capfirst(left_words(self.slot.left))) if self.slot.left else ""


@dataclass(frozen=True)
class Asked:
    """What somebody wants to see. `knobs`: those that were moved beyond the draft; `variant`: a key of `views_of`;
    `picked`: ids of the product on the page, or of the items in the basket."""

    knobs: Mapping[str, float] = field(default_factory=dict)
    visitor_id: str = ""
    draw: int = 1
    variant: str = PUBLISHED
    picked: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """What some of the visitors are served with now, and once the draft is published."""

    key: str
    now: ServedPolicy
    then: ServedPolicy

    @property
    def is_published(self) -> bool:
        return self.key == PUBLISHED


@dataclass(frozen=True)
class Preview:
    """Two slates of the same moment and visitor, and what the two policies cost on average."""

    published: PublishedPolicy
    proposed_knobs: Knobs
    view: View
    views: list[View]
    before: list[ShownItem]
    after: list[ShownItem]
    costs_before: SlateMetrics
    costs_after: SlateMetrics
    sampled_visitors: int
    proposal: Proposal
    picked: list[ServableItem]
    met_now: Override | None = None
    met_then: Override | None = None

    @property
    def leaving(self) -> int:
        return sum(row.direction == "out" for row in self.before)

    @property
    def coming(self) -> int:
        return sum(row.direction == "new" for row in self.after)


def preview_of(shop: Shop, placement: Placement, asked: Asked) -> Preview:
    """Both slates are drawn with the same seed, so that what differs is the policy's doing."""
    published = published_policy(shop_id=shop.pk, slug=placement.slug)
    proposal = proposal_of(placement)
    proposed = _proposed(proposal, asked.knobs)
    views = views_of(published, proposed)
    chosen = views.get(asked.variant) or views[PUBLISHED]
    facts = facts_of(shop, asked.visitor_id)
    view = replace(chosen, now=policy_for(shop, chosen.now, facts), then=policy_for(shop, chosen.then, facts))
    n = published.slate_size
    picked = _in_catalog(shop, asked.picked)
    context = preview_context(shop, placement.slug, asked.visitor_id, tuple(item.item_id for item in picked))
    before = drawn_rows(prepare(context, view.now, n), n, asked.draw)
    after = drawn_rows(prepare(context, view.then, n), n, asked.draw)
    moves = moves_of(context, view.now, view.then, n, asked.draw)
    sample = sampled_contexts(shop, placement.slug)
    return Preview(
        published,
        proposed.knobs,
        view,
        list(views.values()),
        *_explained(moves, *compared_rows(before, after)),
        costs_before=_costs(sample, published.policy, n),
        costs_after=_costs(sample, proposed, n),
        sampled_visitors=len(sample),
        proposal=proposal,
        picked=picked,
        met_now=met_override(shop, chosen.now, facts),
        met_then=met_override(shop, chosen.then, facts),
    )


def proposed_policy(placement: Placement, moved: Mapping[str, Any] | None = None) -> ServedPolicy:
    """What the placement's draft would serve, with knobs that were moved beyond it."""
    return _proposed(proposal_of(placement), moved or {})


def _proposed(proposal: Proposal, moved: Mapping[str, Any]) -> ServedPolicy:
    knobs = Knobs.from_dict({**proposal.knobs, **moved})
    rules = tuple(Rule.from_dict(rule) for rule in proposal.rules)
    return with_overrides(ServedPolicy(0, 0, knobs, rules, policy_hash(knobs, rules)), proposal.overrides)


def views_of(published: PublishedPolicy, proposed: ServedPolicy) -> dict[str, View]:
    """Of everyone who is served at the placement: those with the published policy, and those of each variant of a
    running experiment, whose knobs stay and whose rules are those of everyone."""
    views = {PUBLISHED: View(PUBLISHED, published.policy, proposed)}
    then = variants_under(published, proposed)
    shown = {key: now for key, now in assigned_variants(published).items() if not now.withheld}
    return views | {key: View(key, now.policy, then[key]) for key, now in shown.items()}


def preview_context(shop: Shop, slug: str, visitor_id: str, picked: tuple[str, ...] = ()) -> RequestContext:
    """The moment of a visitor beside a picked product or basket; where none is, on a product page they are looking at
    what they looked at last."""
    request = SlateRequest(shop=shop, placement=slug, visitor_id=visitor_id)
    if picked_at(slug) == "basket":
        request = replace(request, cart_items=picked)
    else:
        request = replace(request, context_items=picked)
    context = read_request_context(request)
    if picked or slug != "product" or not context.history:
        return context
    looking_at = (context.history[-1].item_id,)
    request = SlateRequest(shop=shop, placement=slug, visitor_id=visitor_id, context_items=looking_at)
    return read_request_context(request)


def sampled_contexts(shop: Shop, slug: str) -> list[RequestContext]:
    """One visitor of each segment, and one of whom nothing is known."""
    visitor_ids = [visitor_id for visitor_id, _ in preview_visitors(shop)]
    return [preview_context(shop, slug, visitor_id) for visitor_id in [*visitor_ids, ""]]


def _in_catalog(shop: Shop, typed: Sequence[str]) -> list[ServableItem]:
    """The items that were picked, or typed so that it is sure which is meant; each once."""
    found = item_labels(shop.pk, typed)
    sure = dict.fromkeys(text if text in found else resolved_item(shop.pk, text).value for text in typed)
    labels = found | item_labels(shop.pk, [item_id for item_id in sure if item_id and item_id not in found])
    return [labels[item_id] for item_id in sure if item_id in labels]


def with_grounds(shop_id: int, rows: Sequence[ShownItem]) -> list[ShownItem]:
    """The same rows, each with the item that its reason rests on."""
    labels = item_labels(shop_id, {row.slot.because_of for row in rows if row.slot.because_of})
    return [replace(row, because=labels.get(row.slot.because_of)) for row in rows]


def drawn_rows(prepared: Prepared, n: int, draw: int) -> list[ShownItem]:
    """The slate of a draw, as rows of a page."""
    slots = slate_items(prepared, prepared.draw(n, draw))
    rows = [ShownItem(slot, prepared.pool.items[slot.item_id]) for slot in slots]
    return with_grounds(prepared.context.shop_id, rows)


def compared_rows(before: list[ShownItem], after: list[ShownItem]) -> tuple[list[ShownItem], list[ShownItem]]:
    """Both, with what leaves the one and where things stand in the other."""
    was = {row.slot.item_id: row.slot.position for row in before}
    stays = {row.slot.item_id for row in after}
    leaving = [row if row.slot.item_id in stays else replace(row, direction="out") for row in before]
    return leaving, [_moved(row, was.get(row.slot.item_id)) for row in after]


def _explained(
    moves: Moves, before: Sequence[ShownItem], after: Sequence[ShownItem]
) -> tuple[list[ShownItem], list[ShownItem]]:
    """Of what leaves, and of what stands elsewhere than before; where nothing is changed, of everything."""
    told = [replace(row, why=moves.why(row.slot.item_id, None)) if row.direction == "out" else row for row in before]
    return told, [
        replace(row, why=moves.why(row.slot.item_id, row.slot.position))
        if row.direction != "same" or not moves.is_changed
        else row
        for row in after
    ]


def _moved(row: ShownItem, was: int | None) -> ShownItem:
    if was is None:
        return replace(row, direction="new")
    places = was - row.slot.position
    direction = "same" if places == 0 else "up" if places > 0 else "down"
    return replace(row, direction=direction, places=abs(places))


def _costs(contexts: Sequence[RequestContext], policy: ServedPolicy, n: int) -> SlateMetrics:
    measured = []
    for context in contexts:
        own = policy
        if policy.overrides:
            shop = context.request.shop
            own = policy_for(shop, policy, facts_of(shop, context.request.visitor_id))
        measured.append(_measured(prepare(context, own, n), own.knobs, n, DRAWS))
    return _mean(measured)


def _measured(prepared: Prepared, knobs: Knobs, n: int, draws: int) -> SlateMetrics:
    return measure(
        prepared.candidates,
        knobs,
        n,
        draws=draws,
        rng=np.random.default_rng(_METRICS_SEED),
        rules=prepared.policy.rules,
        profile=prepared.profile,
        now=prepared.context.now,
    )


def _mean(measured: Sequence[SlateMetrics]) -> SlateMetrics:
    names = list(SlateMetrics.__dataclass_fields__)
    known = {name: [v for row in measured if (v := getattr(row, name)) is not None] for name in names}
    return SlateMetrics(**{name: float(np.mean(values)) if values else None for name, values in known.items()})  # type: ignore[arg-type]
