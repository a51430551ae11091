"""Logging a slate: quick, whole, and without making later commits less durable."""

import numpy as np
import pytest
from django.db import connection

from dashboard.core import clock, ids
from dashboard.events.models import Exposure
from dashboard.events.services import record_exposure


def log(shop, **fields):
    slate = ids.time_ordered_uuid()
    record_exposure(
        shop_id=shop.pk,
        recommendation_id=slate,
        placement="home",
        served_at=clock.now(),
        policy_version=3,
        policy_hash="abc",
        temperature=0.5,
        seed=7,
        items=[{"item_id": "mug", "position": 1, "propensity": np.float64(0.25), "explore": False}],
        candidates={"item_ids": ["mug"], "scores": np.array([0.5], dtype=np.float32)},
        **fields,
    )
    return slate


@pytest.mark.django_db
def test_a_slate_is_kept_with_its_propensities(shop):
    slate = log(shop, visitor_id="v", artifact_id=5, experiment_id=6, variant="B", simulated=True)
    row = Exposure.objects.get(recommendation_id=slate)
    assert (row.shop, row.visitor_id, row.variant, row.policy_version, row.simulated) == (shop, "v", "B", 3, True)
    assert row.items[0]["propensity"] == 0.25
    assert row.candidates == {"item_ids": ["mug"], "scores": [0.5]}


@pytest.mark.django_db(transaction=True)
def test_the_next_commit_waits_for_the_disk_again(shop):
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")  # whatever the server's default is
    log(shop)
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
    assert Exposure.objects.count() == 1
