"""Logging a slate: quick, whole, and without making later commits less durable."""

import numpy as np
import pytest
from django.db import connection

from dashboard.core import clock, ids
from dashboard.events.models import Exposure
from dashboard.events.selectors.exposures import logged_terms
from dashboard.events.services import record_exposure
from recommender.slate import Knobs, Rule


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
        record=b"\x02\t\\ \n",
        knobs=Knobs(exploration=0.2),
        rules=[Rule.from_dict({"kind": "pin", "match": {"item_id": "mug"}, "position": 1})],
        **fields,
    )
    return slate


@pytest.mark.django_db
def test_a_slate_is_kept_with_its_propensities(shop):
    slate = log(shop, visitor_id="v", artifact_id=5, experiment_id=6, variant="B", simulated=True)
    row = Exposure.objects.get(recommendation_id=slate)
    assert (row.shop, row.visitor_id, row.variant, row.policy_version, row.simulated) == (shop, "v", "B", 3, True)
    assert row.items[0]["propensity"] == 0.25
    assert bytes(row.record) == b"\x02\t\\ \n"
    assert logged_terms(shop.pk)["abc"].knobs == Knobs(exploration=0.2)
    assert [rule.kind for rule in logged_terms(shop.pk)["abc"].rules] == ["pin"]


@pytest.mark.django_db(transaction=True)
def test_the_next_commit_waits_for_the_disk_again(shop):
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")  # whatever the server's default is
    log(shop)
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
    assert Exposure.objects.count() == 1


@pytest.mark.django_db
def test_items_are_compressed_and_stay_with_their_row(shop):
    """Else what sums days would read them from elsewhere, and a slate would take a third more room."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT attname, attstorage FROM pg_attribute WHERE attname IN ('items', 'record') "
            "AND attrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'events_exposure'::regclass) "
            "ORDER BY 1"
        )
        assert cursor.fetchall() == [("items", "m"), ("record", "e")]
        log(shop)
        shown = [{"item_id": f"mug-{place}", "position": place, "propensity": 0.1 * place} for place in range(1, 9)]
        Exposure.objects.update(items=shown, record=np.random.default_rng(1).bytes(2_400))
        cursor.execute("SELECT pg_column_size(items), length(items::text), pg_column_size(record) FROM events_exposure")
        stored, written, record = cursor.fetchone()
    assert stored < written / 2
    assert record <= 2_404
