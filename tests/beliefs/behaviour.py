"""Visitors who were shown slates, clicked and left, written straight into the tables."""

import datetime
import uuid

import numpy as np
from django.db import connection

from dashboard.core import clock
from dashboard.events.models import Exposure, Impression, Interaction

DAYS, ITEMS = 14, 12


def behave(shop, rate_of, *, visitors=150, seed=0, half_life_days=3.0):
    """Every visitor sees a slate of three at each placement a day, of a dozen items, and clicks with 0.25 times what
    their fatigue leaves; `rate_of`: {placement: rate}."""
    rng, start = np.random.default_rng(seed), clock.now() - datetime.timedelta(days=DAYS + 1)
    times = np.zeros((visitors, ITEMS))
    rows = {Exposure: [], Impression: [], Interaction: []}
    for day in range(DAYS):
        for hour, (placement, rate) in enumerate(rate_of.items()):
            served_at = start + datetime.timedelta(days=day, hours=hour)
            for visitor in range(visitors):
                shown = rng.permutation(ITEMS)[:3]
                clicked = rng.random(3) < 0.25 * np.exp(-rate * times[visitor, shown])
                _add(rows, shop, placement, f"v{visitor}", shown, clicked, served_at)
                times[visitor, shown] += ~clicked
        times *= 0.5 ** (1 / half_life_days)
    for model, made in rows.items():
        model.objects.bulk_create(made, batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_exposure, events_impression, events_interaction")


def _add(rows, shop, placement, visitor_id, shown, clicked, at):
    slate_id = uuid.uuid4()
    items = [
        {"item_id": f"i{item}", "position": place, "score": 0.5, "propensity": 0.5, "explore": False}
        for place, item in enumerate(shown.tolist(), start=1)
    ]
    common = {"shop": shop, "placement": placement, "visitor_id": visitor_id, "recommendation_id": slate_id}
    rows[Exposure].append(
        Exposure(**common, served_at=at, policy_version=1, policy_hash="x", temperature=0.0, seed=1, items=items)
    )
    for line, (item, is_clicked) in enumerate(zip(shown.tolist(), clicked.tolist(), strict=True)):
        told = {**common, "item_id": f"i{item}", "line": line, "timestamp": at, "received_at": at}
        rows[Impression].append(Impression(**told, event_id=f"s{slate_id}"))
        if is_clicked:
            rows[Interaction].append(Interaction(**told, event_id=f"c{slate_id}{line}", type="select_item"))
