"""Segments of the published artifact, and their visitors page by page."""

import pytest

from dashboard.events.services import record_events
from dashboard.segments import selectors
from dashboard.segments.profile import profile_of
from dashboard.segments.services import rename_segment, replace_segments
from tests import artifact_files as files
from tests.segments.conftest import cast  # noqa: F401

VISITORS = ["ada", "bob", "cleo"]


@pytest.fixture
def shown(shop, tmp_path):
    """Ada and Cleo are in segment 1, Bob is in segment 2."""
    seen = [
        {"event_id": f"e-{visitor}", "type": "view_item", "visitor_id": visitor, "item_id": "mug"}
        for visitor in VISITORS
    ]
    record_events(shop=shop, raw=seen)
    rows = [files.membership("ada", 1, 0.9), files.membership("bob", 2, 0.8), files.membership("cleo", 1, 0.7)]
    folder = files.write_segments(tmp_path / "artifact", [files.segment(1), files.segment(2)], rows)
    replace_segments(shop=shop, artifact_id=1, folder=folder)
    return shop


def test_before_the_first_artifact_there_are_none(secret):
    assert secret.get("/segments").json() == {"segments": []}


def test_all_are_listed_with_the_merchants_names(secret, shown):
    rename_segment(shop=shown, number=2, name="Tea lovers")
    listed = secret.get("/segments").json()["segments"]
    assert [(entry["number"], entry["name"]) for entry in listed] == [(1, "Interest 1"), (2, "Tea lovers")]
    assert listed[0]["top_items"] == [{"item_id": "mug", "share": 0.2, "lift": 3.0}]


def test_one_is_found_by_its_number(secret, shown):
    assert secret.get("/segments/2").json()["number"] == 2


def test_an_unknown_number_is_a_404_in_words(secret, shown):
    answer = secret.get("/segments/9")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_visitors_come_page_by_page_likeliest_first(secret, shown):
    first = secret.get("/segments/1/visitors?limit=1").json()
    assert [visitor["visitor_id"] for visitor in first["visitors"]] == ["ada"]
    second = secret.client.get(
        "/api/v1/segments/1/visitors",
        {"limit": 1, "cursor": first["next"]},
        headers={"Authorization": f"Bearer {secret.key}"},
    ).json()
    assert [visitor["visitor_id"] for visitor in second["visitors"]] == ["cleo"]
    assert second["next"] == ""


@pytest.mark.parametrize("cursor", ["nonsense", "nonsense:ada", "nan:ada", "inf:ada", "-1:ada", "0.5", "0.5:"])
@pytest.mark.parametrize(("path", "field"), [("/segments/1/visitors", "cursor"), ("/exports/segments/1", "after")])
def test_a_place_that_the_list_never_gave_is_refused_by_the_field(secret, shown, path, field, cursor):
    answer = secret.get(f"{path}?{field}={cursor}")
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == {field}


@pytest.mark.parametrize("query", ["limit=0", "limit=many", "page=2"])
def test_a_page_that_cannot_be_is_refused_by_the_field(secret, shown, query):
    answer = secret.get(f"/segments/1/visitors?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["error"]["fields"]


def test_the_publishable_key_may_not_read_them(publishable, shown):
    assert publishable.get("/segments").status_code == 403


def test_a_cursor_with_a_nul_is_refused(secret, shown):
    assert secret.get("/segments/1/visitors?cursor=0.5:%00").status_code == 400


def test_one_tells_the_figures_of_its_page(secret, shop, cast):  # noqa: F811
    answer = secret.get("/segments/1").json()
    profile = profile_of(shop, selectors.segment(shop, 1))
    figures = answer["figures"]
    assert figures["members"] == profile.members
    assert figures["worth"]["spent"] == pytest.approx(profile.worth.spent)
    assert figures["worth"]["spent_each"]["low"] == pytest.approx(profile.worth.spent_each.low)
    assert [row["label"] for row in figures["categories"]] == [row.label for row in profile.categories]
    assert [row["spent"] for row in figures["months"]] == [row.spent for row in profile.months]
    assert [row["share"] for row in figures["hours"]] == [row.share for row in profile.hours]
    assert figures["breadth"]["leaning"] == profile.breadth.leaning
    assert [row["placement"] for row in figures["placements"]] == ["home"]
    assert {row["number"] for row in figures["others"]} == {2}
    assert answer["concerning"] == {"audiences": [], "overrides": [], "experiments": [], "running": []}


def test_until_a_worker_has_summed_there_are_no_figures(secret, shown):
    assert secret.get("/segments/1").json()["figures"] is None
