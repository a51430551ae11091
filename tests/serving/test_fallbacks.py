"""Each fallback answers when those before it cannot."""

import logging
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from dashboard.events.services import record_events
from dashboard.segments.models import Segment, SegmentMembership, SegmentSet
from dashboard.serving import model_store
from dashboard.training.models import Artifact, Run
from dashboard.training.services import change_plan
from tests.serving.conftest import SERVABLE, add_item, ask, ids, send, set_policy


@pytest.fixture(autouse=True)
def greedy(catalog):
    set_policy(catalog, exploration=0.0)


def put_into_segment(shop, visitor_id, top_items):
    Segment.objects.create(
        shop=shop,
        artifact_id=1,
        number=2,
        suggested_name="Gardeners",
        share=1,
        visitors=100,
        center=[0, 0],
        covariance=[[1, 0], [0, 1]],
        top_items=[{"item_id": item_id, "share": share, "lift": 2} for item_id, share in top_items],
    )
    SegmentSet.objects.create(shop=shop, artifact_id=1)
    SegmentMembership.objects.create(
        shop=shop, artifact_id=1, visitor_id=visitor_id, number=2, probability=1, probabilities={"2": 1.0}, x=0, y=0
    )


def publish_broken(shop, files):
    """An artifact in the store that holds these files by name, and serves."""
    folder = Path(settings.ARTIFACT_STORE) / "broken"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    run = Run.objects.create(shop=shop, state="published", trigger="manual")
    return Artifact.objects.create(shop=shop, run=run, version=1, path="broken", is_active=True)


def test_a_shop_without_any_behaviour_gets_its_newest_items(catalog):
    slate = ask(catalog, n=4)
    assert slate.fallback == "newest"
    assert ids(slate) == ["mug-red", "teapot", "whisk", "bowl"]


def test_behaviour_of_others_makes_what_is_popular(catalog):
    for visitor in range(3):
        send(catalog, f"v{visitor}", "fork")
    send(catalog, "v0", "spade")
    slate = ask(catalog, n=2)
    assert slate.fallback == "popular"
    assert ids(slate) == ["fork", "spade"]


def test_a_purchase_weighs_more_than_two_views(catalog):
    send(catalog, "v1", "fork")
    send(catalog, "v2", "fork")
    send(catalog, "v3", "", "purchase", items=[{"item_id": "spade", "price": 30}], order_id="o1")
    assert ids(ask(catalog, n=2)) == ["spade", "fork"]


def test_what_is_popular_obeys_the_weights_of_the_shop(catalog):
    change_plan(shop=catalog, retrains_nightly=True, counts_simulated=True, event_weights={"purchase": 0.5})
    send(catalog, "v1", "fork")
    send(catalog, "v3", "", "purchase", items=[{"item_id": "spade", "price": 30}], order_id="o1")
    assert ids(ask(catalog, n=2)) == ["fork", "spade"]


def test_bots_make_nothing_popular(catalog):
    for number in range(3):
        event = {"event_id": f"b{number}", "type": "view_item", "visitor_id": f"bot{number}", "item_id": "fork"}
        record_events(shop=catalog, raw=[event], agent="crawler")
    send(catalog, "v0", "spade")
    assert ids(ask(catalog, n=1)) == ["spade"]


def test_a_segment_s_favourites_come_before_the_crowd_s(catalog):
    for visitor in range(3):
        send(catalog, f"v{visitor}", "mug-red")
    put_into_segment(catalog, "gardener", [("lantern", 0.5), ("trowel", 0.3)])
    slate = ask(catalog, visitor_id="gardener", n=2)
    assert slate.fallback == "segment_popular"
    assert ids(slate) == ["lantern", "trowel"]


def test_the_page_s_item_leads_to_items_of_its_kind(catalog):
    slate = ask(catalog, "product", context_items=("teapot",), n=2, seed=3)
    assert slate.fallback == "content"
    assert set(ids(slate)) <= {"mug-red", "mug-blue", "whisk", "bowl"}


def test_the_visitor_s_own_views_lead_to_items_of_their_kind(catalog):
    send(catalog, "v1", "spade")
    slate = ask(catalog, visitor_id="v1", n=2)
    assert slate.fallback == "content"
    assert "fork" in ids(slate)


def test_a_session_without_a_visitor_has_a_history_too(catalog):
    send(catalog, "v1", "spade", session_id="s1")
    assert ask(catalog, session_id="s1", n=2).fallback == "content"
    assert ask(catalog, session_id="s2", n=2).fallback != "content"


def test_lower_steps_fill_what_a_higher_one_leaves_open(catalog):
    send(catalog, "v1", "spade")
    slate = ask(catalog, visitor_id="v1", n=8)
    assert slate.fallback == "content"
    assert len(slate.items) == 8
    assert {item.source for item in slate.items} == {"content", "newest"}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"manifest.json": b""},
        {"manifest.json": b"\x00\xff not JSON"},
        {"manifest.json": b"[]"},
        {"manifest.json": b'{"format_version": 1}', "items.safetensors": b"\xff" * 64},
    ],
    ids=["missing", "empty", "damaged", "of another form", "without its parts"],
)
def test_a_broken_artifact_leaves_the_shop_serving_and_is_logged_once(
    catalog, caplog, monkeypatch, settings, tmp_path, files
):
    settings.ARTIFACT_STORE = str(tmp_path)
    artifact = publish_broken(catalog, files)
    monkeypatch.setattr(model_store, "CHECK_EVERY_SECONDS", 0.0)
    with caplog.at_level(logging.ERROR, logger="dashboard.serving.model_store"):
        slates = [ask(catalog, n=3) for _ in range(3)]
    assert [slate.fallback for slate in slates] == ["newest"] * 3
    assert all(slate.artifact_id is None for slate in slates)
    assert [record.args[0] for record in caplog.records] == [artifact.pk]


def test_a_slate_holds_all_there_is_where_more_is_asked_for(catalog):
    slate = ask(catalog, n=100)
    assert len(slate.items) == len(SERVABLE) - 1  # the mug is one product in two colours


def test_a_shop_with_nothing_to_sell_gets_an_empty_slate(other_shop):
    assert ask(other_shop).items == ()


def test_new_items_are_explored_although_nobody_asked_for_them(catalog):
    for visitor in range(4):
        for item_id in ("fork", "spade", "trowel", "whisk", "bowl"):
            send(catalog, f"v{visitor}", item_id)
    add_item(catalog, "just-in", days_old=1, categories=["Garden"])
    set_policy(catalog, exploration=1.0)
    seen = {item_id for seed in range(30) for item_id in ids(ask(catalog, n=3, seed=seed))}
    assert "just-in" in seen
    set_policy(catalog, exploration=0.0)
    assert "just-in" not in ids(ask(catalog, n=3))


def test_scores_of_lower_steps_stay_below_those_of_higher_ones(catalog):
    send(catalog, "v1", "spade")
    slate = ask(catalog, visitor_id="v1", n=8)
    scores = {source: [i.score for i in slate.items if i.source == source] for source in ("content", "newest")}
    assert np.min(scores["content"]) > np.max(scores["newest"])
