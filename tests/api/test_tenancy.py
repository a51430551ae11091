"""No key reaches another shop's things: every route, every method, and no row of theirs changes."""

import pytest
from django.db import connection

from dashboard.accounts.services import issue_key
from dashboard.api.urls import urlpatterns
from dashboard.catalog.services import upsert_items
from dashboard.core import clock, ids
from dashboard.events.services import record_events, record_exposure
from dashboard.experiments.models import Experiment, Variant
from dashboard.policies.models import Placement, Policy
from dashboard.training.models import Artifact, Run
from tests.api.conftest import ApiClient
from tests.api.routes import OPEN, PROBES

pytestmark = pytest.mark.django_db


def routes():
    """(route name, method) of every address of the API."""
    for pattern in urlpatterns:
        view = getattr(pattern.callback, "cls", None)
        if pattern.name not in OPEN:
            for method in ("get", "post", "put", "patch", "delete"):
                if hasattr(view, method):
                    yield pattern.name, method.upper()


def _their_experiment(other_shop):
    placement = Placement.objects.create(shop=other_shop, slug="their-front", name="Their front")
    experiment = Experiment.objects.create(shop=other_shop, placement=placement, name="their-experiment", salt="s")
    for key in ("A", "B"):
        policy = Policy.objects.create(placement=placement, version=ord(key), knobs={}, is_published=key == "A")
        Variant.objects.create(experiment=experiment, key=key, name=key, policy=policy)
    return experiment


@pytest.fixture
def victim(other_shop):
    """The other shop with one of everything; what it sells and who visits it have names that nobody else has."""
    upsert_items(shop=other_shop, raw_items=[{"item_id": "their-mug", "title": "Their mug"}])
    event = {"event_id": "their-event", "type": "view_item", "visitor_id": "their-visitor", "item_id": "their-mug"}
    listed = {**event, "event_id": "their-list", "type": "view_item_list"}
    record_events(shop=other_shop, raw=[event, listed])
    slate = ids.time_ordered_uuid()
    record_exposure(
        shop_id=other_shop.pk,
        recommendation_id=slate,
        placement="home",
        visitor_id="their-visitor",
        served_at=clock.now(),
        policy_version=1,
        policy_hash="0",
        temperature=0.0,
        seed=1,
        items=[{"item_id": "their-mug", "position": 1}],
        candidates={"item_ids": ["their-mug"], "scores": [1.0]},
    )
    run = Run.objects.create(shop=other_shop, preset="fast", state="published")
    artifact = Artifact.objects.create(shop=other_shop, run=run, version=1, path="nowhere")
    return {
        "shop": other_shop.slug,
        "item_id": "their-mug",
        "visitor_id": "their-visitor",
        "event_id": "their-event",
        "recommendation_id": str(slate),
        "run_id": run.pk,
        "artifact_id": artifact.pk,
        "segment": 1,
        "experiment_id": _their_experiment(other_shop).pk,
    }


def rows_of(shop):
    """Every row of a shop in every table that belongs to shops, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns "
            "WHERE column_name = 'shop_id' AND table_schema = 'public'"
        )
        tables = sorted(row[0] for row in cursor.fetchall())
        found = {}
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t WHERE shop_id = %s ORDER BY 1', [shop.pk])  # noqa: S608
            found[table] = cursor.fetchall()
    return found


def test_every_route_has_its_probe():
    missing = sorted(set(routes()) - set(PROBES))
    assert not missing, f"add these to tests/api/routes.py: {missing}"


def test_the_rows_of_a_shop_are_really_watched(victim, other_shop):
    rows = rows_of(other_shop)
    assert rows["catalog_item"]
    assert rows["events_exposure"]
    before = rows_of(other_shop)
    upsert_items(shop=other_shop, raw_items=[{"item_id": "their-mug", "title": "Changed"}])
    assert rows_of(other_shop) != before


@pytest.mark.parametrize(("name", "method"), sorted(PROBES), ids=lambda value: str(value))
def test_another_shops_things_are_out_of_reach(client, shop, other_shop, victim, name, method):
    intruder = ApiClient(client, issue_key(shop=shop, kind="sk").plain)
    probe = PROBES[(name, method)]
    before = rows_of(other_shop)
    response = intruder.request(method, probe.path.format(**victim), probe.body(victim) if probe.body else None)
    assert response.status_code in probe.statuses
    assert rows_of(other_shop) == before
    if method == "GET":
        shown = response.getvalue()
        assert b"their-" not in shown
        assert b"Their mug" not in shown


@pytest.mark.parametrize(("name", "method"), sorted(PROBES), ids=lambda value: str(value))
def test_without_a_key_no_route_answers(client, victim, name, method):
    probe = PROBES[(name, method)]
    path = f"/api/v1{probe.path.format(**victim)}"
    response = client.generic(method, path, b"{}", content_type="application/json")
    assert response.status_code == 401
