"""The whole log of a shop, read anew: curves of fatigue, expectations, and beliefs about items."""

from datetime import datetime, timedelta

import numpy as np
from django.db import transaction

from dashboard.accounts.models import Shop
from dashboard.beliefs.models import PlacementBelief
from dashboard.beliefs.selectors import kept_beliefs, kept_fatigue
from dashboard.beliefs.services.fatigue import Curve, fitted_curve, pairs_of
from dashboard.beliefs.services.items import Sums, learn_arrivals, replace_beliefs
from dashboard.beliefs.services.turns import LATE, one_at_a_time
from dashboard.core import clock
from dashboard.events.selectors.rendered import Rendered, rendered_slots
from recommender.beliefs import Impressions, times_left

LEARNED_DAYS = 30
# What was earned so long ago counts half: each training takes clicks into its scores, and what a belief says is
# beside them.
HALF_LIFE_DAYS = 14.0


def learn_what_came(*, shop: Shop) -> None:
    """Add what arrived to what is believed; read the log where there is nothing to add it to."""
    if learn_arrivals(shop=shop) < 0:
        learn_anew(shop=shop)


@transaction.atomic
def learn_anew(*, shop: Shop, now: datetime | None = None) -> int:
    """Estimate from the log how visitors tire at each placement, what is expected of an item there, and what each item
    earned. Returns how many placements. Web processes serve with it within a second; a store that was lost is there
    again."""
    one_at_a_time(shop)
    now = now or clock.now()
    until = now - LATE
    seen = rendered_slots(shop.pk, since=now - timedelta(days=LEARNED_DAYS), until=until)
    placements = sorted(set(seen.placements_N.tolist()))
    curves = {placement: fitted_curve(seen, placement) for placement in placements}
    for placement, curve in curves.items():
        PlacementBelief.objects.update_or_create(
            shop=shop, placement=placement, defaults={**curve.as_row(), "learned_at": now}
        )
    PlacementBelief.objects.filter(shop=shop).exclude(placement__in=placements).delete()
    sums = {placement: _sums(seen, placement, curve, until) for placement, curve in curves.items()}
    replace_beliefs(shop=shop, sums=sums, until=until, now=now)
    kept_fatigue.invalidate(shop.pk)
    kept_beliefs.invalidate(shop.pk)
    return len(placements)


def _sums(seen: Rendered, placement: str, curve: Curve, until: datetime) -> Sums:
    """{item: clicks and expected clicks}, faded."""
    here_N = seen.placements_N == placement
    times_N = np.zeros(len(seen))
    known_N = seen.visitors_N != ""
    known = seen.where(known_N)
    clicked_N = known.clicked_N
    log = Impressions(pairs_of(known), known.days_N, clicked_N, np.ones(len(known)))
    times_N[known_N] = times_left(log, curve.fatigue.half_life_days)
    shown, left_N = seen.where(here_N), curve.fatigue.factor(times_N[here_N])
    expected_N = curve.expectation.of(shown.positions_N, shown.scores_N) * left_N
    kept_N = 0.5 ** ((until.timestamp() / 86_400 - shown.days_N) / HALF_LIFE_DAYS)
    items, codes_N = np.unique(shown.items_N.astype(str), return_inverse=True)
    clicks_I = np.bincount(codes_N, weights=shown.clicked_N * kept_N, minlength=len(items))
    expected_I = np.bincount(codes_N, weights=expected_N * kept_N, minlength=len(items))
    return dict(zip(items.tolist(), zip(clicks_I.tolist(), expected_I.tolist(), strict=True), strict=True))
