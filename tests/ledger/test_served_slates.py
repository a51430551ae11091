"""Slates as serving makes them, with rules, variants, diversity, calibration and fairness, are all told."""

from datetime import timedelta

import pytest
from django.db.models import F

from dashboard.catalog.models import Item
from dashboard.events.models import Exposure
from dashboard.events.selectors.exposures import logged_terms
from dashboard.ledger.models import LedgerDay
from dashboard.ledger.services import sum_closed_days
from recommender.slate.batch_walk import without_exploration
from recommender.slate.logged import draw_again
from recommender.slate.record import SlateRecord
from tests.serving.test_replay import busy, serve

pytestmark = pytest.mark.django_db
__all__ = ["busy"]


def tried_by_drawing_again(shop, placement):
    numbers, terms = dict(Item.objects.filter(shop=shop).values_list("pk", "item_id")), logged_terms(shop.pk)
    tried = 0
    for exposure in Exposure.objects.filter(shop=shop, placement=placement):
        record, then = SlateRecord.decode(bytes(exposure.record)), terms[exposure.policy_hash]
        greedy = draw_again(record, without_exploration(then.knobs), then.rules, exposure.seed)
        usual = {numbers[int(record.codes_C[place])] for place in greedy.indices.tolist()}
        tried += sum(slot["explore"] and slot["item_id"] not in usual for slot in exposure.items)
    return tried


def test_every_slate_is_told_and_what_was_tried_is_what_another_draw_leaves_out(busy):
    serve(busy, 80)
    Exposure.objects.update(served_at=F("served_at") - timedelta(days=2))
    sum_closed_days(shop=busy)
    days = {row.placement: row for row in LedgerDay.objects.filter(shop=busy)}
    assert {slug: (row.slates, row.untold) for slug, row in days.items()} == dict.fromkeys(days, (20, 0))
    assert all(row.cost_clicks is not None for row in days.values())
    for placement in ("email", "product"):  # without diversity, of which a log does not tell all
        assert days[placement].tried == tried_by_drawing_again(busy, placement)
    assert days["cart"].tried == 0 < days["home"].tried <= days["home"].slots
