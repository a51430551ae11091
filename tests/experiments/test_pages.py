"""The list and the page of an experiment: who sees and does what."""

import csv
import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.audiences.services import set_attributes
from dashboard.catalog.models import FeedImport
from dashboard.catalog.services import upsert_items
from dashboard.core.formats import short_date
from dashboard.experiments import selectors
from dashboard.experiments.models import DailyMoment, Experiment
from dashboard.experiments.services import refresh_moments, start_experiment, stop_experiment
from dashboard.policies.models import Policy
from dashboard.policies.selectors import policy_published_now, proposal_of
from dashboard.policies.services import draft_knobs, draft_rule, publish_policy
from dashboard.training.models import Artifact, Run
from tests.experiments.test_results import FIRST_DAY, carts, moment


@pytest.fixture
def front(shop):
    from dashboard.policies.models import Placement

    placement = Placement.objects.create(shop=shop, slug="front", name="Front page")
    publish_policy(placement=placement, knobs={"exploration": 0.1}, rules=(), by=None)
    return placement


@pytest.fixture
def winner(running):
    """B is clearly better, over three days."""
    rng = np.random.default_rng(1)
    moments = [
        moment(arm, "add_to_cart_rate", carts(rng, 1500, rate), day=day)
        for day in range(3)
        for arm, rate in (("A", 0.10), ("B", 0.15))
    ]
    for each in moments:
        each.experiment = running
    DailyMoment.objects.bulk_create(moments)
    return running


def address(name, shop, *arguments):
    return reverse(f"experiments:{name}", args=[shop.slug, *arguments])


def test_a_shop_without_experiments_is_told_what_to_do(client, shop, owner, front):
    client.force_login(owner)
    page = client.get(address("index", shop)).content.decode()
    assert "No experiment yet" in page
    assert address("new", shop) in page


def test_the_list_works_nothing_out_that_was_worked_out_since_the_last_refresh(client, shop, owner, winner):
    Experiment.objects.filter(pk=winner.pk).update(refreshed_at=datetime(2026, 11, 5, 9, 17, 3, 141_592, UTC))
    client.force_login(owner)
    first = client.get(address("index", shop)).content.decode()
    with CaptureQueriesContext(connection) as queries:
        again = client.get(address("index", shop)).content.decode()
    assert "Publish variant B" in first
    assert "Publish variant B" in again
    read = [query["sql"] for query in queries if "experiments_dailymoment" in query["sql"]]
    assert [sql for sql in read if "SUM(" not in sql] == []


def test_a_risk_is_ticked_and_a_reason_written_before_b_is_published(client, shop, owner, winner):
    rng = np.random.default_rng(2)
    for arm in "AB":
        row = moment(arm, "slate_latency", rng.normal(10, 60, 4500), np.ones(4500))
        row.experiment = winner
        row.save()
    winner.refreshed_at = datetime(2026, 12, 5, tzinfo=UTC)
    winner.save()
    client.force_login(owner)
    page = client.get(address("detail", shop, winner.pk)).content.decode()
    assert 'value="slate_latency" required' in page
    refused = client.post(address("publish", shop, winner.pk), follow=True).content.decode()
    assert "B is not published" in refused
    sent = {"accepted": ["slate_latency"], "decision": "Slates are quick enough."}
    told = client.post(address("publish", shop, winner.pk), sent, follow=True).content.decode()
    assert "Accepted, though not ruled out: Time to make a slate" in told
    assert "Slates are quick enough." in told


def test_experiments_of_a_group_are_set_apart_in_the_form_and_told_on_the_page(client, shop, owner, front):
    client.force_login(owner)
    sent = {"placement": "front", "exploration": "0.4", "exclusion_group": "Summer", "group_percent": "30"}
    page = client.post(address("create", shop), sent, follow=True).content.decode()
    made = Experiment.objects.get(exclusion_group="Summer")
    assert (made.group_start, made.group_end) == (0.0, 0.3)
    assert "Summer, 30%" in " ".join(page.split())
    assert '<option value="Summer">' in client.get(address("new", shop)).content.decode()


def test_a_viewer_sees_results_and_no_button(client, shop, viewer, winner):
    client.force_login(viewer)
    page = client.get(address("detail", shop, winner.pk)).content.decode()
    assert "more visitors add to cart" in page
    assert '<form method="post" action="' + address("publish", shop, winner.pk) not in page


@pytest.mark.parametrize("name", ["start", "stop", "publish"])
def test_a_viewer_changes_nothing(client, shop, viewer, winner, name):
    client.force_login(viewer)
    assert client.post(address(name, shop, winner.pk)).status_code == 403
    winner.refresh_from_db()
    assert winner.state == "running"


@pytest.mark.parametrize("name", ["detail", "download"])
def test_another_shops_experiment_is_a_404(client, other_shop, outsider, winner, name):
    client.force_login(outsider)
    assert client.get(address(name, other_shop, winner.pk)).status_code == 404


@pytest.mark.parametrize("language", ["en-gb", "zh-hans"])
def test_the_page_says_the_verdict_in_each_language(client, shop, owner, winner, language):
    client.force_login(owner)
    page = client.get(address("detail", shop, winner.pk), headers={"Accept-Language": language}).content.decode()
    assert 'data-verdict="ship"' in page


def test_the_placement_page_starts_an_experiment_with_its_slug_and_knobs(client, shop, editor, front):
    client.force_login(editor)
    client.post(address("create", shop), {"placement": "front", "exploration": "0.4"})
    experiment = Experiment.objects.get()
    assert experiment.state == "running"
    assert experiment.variants.get(key="B").policy.knobs["exploration"] == 0.4


def test_a_draft_waits_and_can_be_started(client, shop, editor, front):
    client.force_login(editor)
    client.post(address("create", shop), {"placement": "front", "exploration": "0.4", "action": "draft"})
    experiment = Experiment.objects.get()
    assert experiment.state == "draft"
    assert client.get(address("detail", shop, experiment.pk)).status_code == 200
    client.post(address("start", shop, experiment.pk))
    experiment.refresh_from_db()
    assert experiment.state == "running"


@pytest.mark.parametrize("fields", [{"exploration": "2"}, {"traffic_percent": "0", "exploration": "0.4"}, {}])
def test_what_does_not_fit_starts_nothing(client, shop, editor, front, fields):
    client.force_login(editor)
    assert client.post(address("create", shop), {"placement": "front", **fields}).status_code == 400
    assert not Experiment.objects.exists()


def test_starting_without_a_change_stays_in_the_form_and_says_so(client, shop, editor, front):
    client.force_login(editor)
    sent = {"placement": "front", "exploration": "0.1", "name": "My question", "primary_metric": "click_through"}
    page = client.post(address("create", shop), {**sent, "revision": "0"}).content.decode()
    assert "B is the same as A. Move at least one knob" in page
    assert 'value="My question"' in page
    assert '<option value="click_through" selected>' in page


def test_what_is_drafted_begins_the_form_and_leaves_the_draft_as_variant_b(client, shop, editor, front):
    draft_knobs(placement=front, knobs={"exploration": 0.4}, by=editor)
    draft = draft_rule(placement=front, rule={"kind": "exclude", "match": {"brand": "Loud"}}, by=editor)
    client.force_login(editor)
    page = client.get(address("new", shop), {"placement": "front"}).content.decode()
    assert 'value="0.4"' in page
    assert "Never show items of the brand “Loud”" in page
    sent = {"placement": "front", "exploration": "0.4", "with_rules": "on", "revision": draft.revision}
    client.post(address("create", shop), sent)
    treatment = Experiment.objects.get().variants.get(key="B").policy
    assert (treatment.knobs["exploration"], len(treatment.rules)) == (0.4, 1)
    assert proposal_of(front).is_empty
    assert policy_published_now(front).rules == []


def test_a_draft_whose_rules_are_not_tested_stays(client, shop, editor, front):
    draft = draft_rule(placement=front, rule={"kind": "exclude", "match": {"brand": "Loud"}}, by=editor)
    client.force_login(editor)
    client.post(address("create", shop), {"placement": "front", "exploration": "0.4", "revision": draft.revision})
    assert proposal_of(front).changes_rules


def test_what_has_ended_costs_the_list_no_query_and_no_verdict(client, shop, owner, front, monkeypatch):
    def judged():
        asked = []
        monkeypatch.setattr(
            selectors, "results_of", lambda experiment: asked.append(experiment) or results_of(experiment)
        )
        with CaptureQueriesContext(connection) as queries:
            client.get(address("index", shop))
        return len(queries), len(asked)

    results_of = selectors.results_of
    client.force_login(owner)
    for exploration in (0.2, 0.3, 0.4):
        stop_experiment(
            experiment=start_experiment(placement=front, by=owner, treatment_knobs={"exploration": exploration}),
            by=owner,
        )
    start_experiment(placement=front, by=owner, treatment_knobs={"exploration": 0.5})
    client.get(address("index", shop))
    assert judged()[1] == 1
    before = judged()
    Experiment.objects.exclude(state="running").delete()
    assert judged() == before


def test_publishing_b_ends_the_experiment_and_serves_b(client, shop, owner, front):
    client.force_login(owner)
    client.post(address("create", shop), {"placement": "front", "exploration": "0.4"})
    experiment = Experiment.objects.get()
    client.post(address("publish", shop, experiment.pk))
    experiment.refresh_from_db()
    assert experiment.state == "shipped"
    assert policy_published_now(front).knobs["exploration"] == 0.4


def test_the_download_holds_every_metric_and_no_formula(client, shop, owner, winner):
    winner.name = "=HYPERLINK(1)"
    winner.save()
    client.force_login(owner)
    rows = list(csv.reader(io.StringIO(client.get(address("download", shop, winner.pk)).content.decode())))
    assert rows[0] == ["experiment", "'=HYPERLINK(1)"]
    assert rows[3][:2] == ["add_to_cart_rate", "decides"]
    assert len(rows) == 3 + 10 + 4


@pytest.fixture
def ruled(winner):
    """A rule came on its second day, in the evening of the day before by the clock of UTC."""
    start = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
    winner.shop.timezone = "Asia/Shanghai"
    winner.shop.save()
    winner.started_at = start
    winner.save()
    Policy.objects.filter(placement=winner.placement, version=1).update(published_at=start - timedelta(days=9))
    rule = {"kind": "exclude", "match": {"brand": "Loud"}}
    policy = publish_policy(placement=winner.placement, knobs={"exploration": 0.1}, rules=[rule], by=None)
    Policy.objects.filter(pk=policy.pk).update(published_at=start + timedelta(hours=20))
    return winner


def test_the_days_on_which_rules_changed_are_marked_in_the_chart_and_in_words(client, owner, ruled):
    client.force_login(owner)
    response = client.get(address("detail", ruled.shop, ruled.pk))
    figure, second = response.context["time_figure"], FIRST_DAY + timedelta(days=1)
    assert [shape["x0"] for shape in figure.layout["shapes"]] == [second.isoformat()]
    assert [row[-1] for row in figure.table.rows] == ["", "rules", ""]
    assert f"Dashed: rules changed for everyone in the experiment, {short_date(second)}." in response.content.decode()


def test_they_stand_in_the_csv_too(client, owner, ruled):
    client.force_login(owner)
    lines = client.get(address("download", ruled.shop, ruled.pk)).content.decode().splitlines()
    (row,) = [row for row in csv.reader(lines) if row[0] == "rules_changed"]
    assert row[1] == f"{FIRST_DAY + timedelta(days=1)}T04:00:00+08:00"
    assert "Loud" in row[2]


def test_without_a_change_of_rules_nothing_is_marked(client, owner, winner):
    client.force_login(owner)
    response = client.get(address("detail", winner.shop, winner.pk))
    assert response.context["time_figure"].layout["shapes"] == []
    assert "Dashed" not in response.content.decode()


@pytest.fixture
def measured(running):
    """Three weeks by the real refresh: B shows other things and is clicked more, and the visitors are of two kinds."""
    from tests.experiments.test_moments import populate
    from tests.experiments.world import START

    world = populate(running, 5, visitors=240)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_exposure, events_interaction, events_impression, events_botvisitor")
    Experiment.objects.filter(pk=running.pk).update(started_at=START, planned_visitors=150)
    running.refresh_from_db()
    refresh_moments(running, now=START + timedelta(days=14))
    return running, world


def test_the_page_says_how_far_slates_came_and_for_whom(client, owner, measured):
    running, world = measured
    client.force_login(owner)
    response = client.get(address("detail", running.shop, running.pk))
    stages = {stage.key: stage for stage in response.context["results"].funnel}
    assert sum(stages["slates_served"].slates.values()) > sum(stages["slates_rendered"].slates.values()) > 0
    shown = {item.recommendation_id for item in world["impressions"]}
    assert sum(stages["slates_rendered"].slates.values()) <= len(shown)
    page = response.content.decode()
    assert "How far slates came" in page
    assert "Returning visitors" in page
    kinds = {row.part.kind: row.part for row in response.context["part_rows"]}
    assert kinds.keys() == {"new", "returning"}
    assert kinds["new"].visitors + kinds["returning"].visitors == response.context["results"].trust.total
    assert all((part.shrunk is None) == (part.estimate.lift is None) for part in kinds.values())


def test_groups_of_fewer_visitors_than_the_shop_tells_of_are_no_part(client, owner, measured):
    running, _world = measured
    set_attributes(shop=running.shop, visitor_id="v7", attributes={"device": "Wristwatch"})
    refresh_moments(running)
    client.force_login(owner)
    assert "ristwatch" not in client.get(address("detail", running.shop, running.pk)).content.decode()


def test_the_days_can_be_downloaded_and_give_the_figures_of_the_page(client, owner, measured):
    running, _world = measured
    client.force_login(owner)
    body = b"".join(client.get(address("download-days", running.shop, running.pk)).streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(body)))
    results = selectors.results_of(running)
    clicks = next(entry for entry in results.estimates if entry.metric.key == "click_through")
    sums = {
        arm: [sum(float(row[name]) for row in rows if (row["variant"], row["metric"]) == (arm, "click_through"))
              for name in ("sum_y", "sum_x")]
        for arm in "AB"
    }  # fmt: skip
    assert clicks.control_value == pytest.approx(sums["A"][0] / sums["A"][1])
    assert clicks.treatment_value == pytest.approx(sums["B"][0] / sums["B"][1])


def test_the_test_of_one_look_is_told_only_once_all_planned_visitors_came(client, owner, measured):
    running, _world = measured
    end = selectors.results_of(running).planned_end
    counts = [sum(day.visitors.values()) for day in selectors.results_of(running).days if day.day <= end.day]
    assert sum(counts) >= 150 > sum(counts[:-1])
    that_day = next(day for day in selectors.results_of(running).days if day.day == end.day)
    assert end.intervals["B"][1] < that_day.high
    client.force_login(owner)
    assert "a test of one look" in client.get(address("detail", running.shop, running.pk)).content.decode()
    Experiment.objects.filter(pk=running.pk).update(planned_visitors=100_000, refreshed_at=None)
    assert "a test of one look" not in client.get(address("detail", running.shop, running.pk)).content.decode()


def test_a_new_model_and_a_feed_that_changed_much_are_marked_and_small_changes_are_not(client, owner, winner):
    start = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 8, tzinfo=UTC)
    Experiment.objects.filter(pk=winner.pk).update(started_at=start)
    run = Run.objects.create(shop=winner.shop, preset="fast", state="published")
    Artifact.objects.create(
        shop=winner.shop, run=run, version=7, path="x", published_at=start + timedelta(days=1, hours=1)
    )
    for name, changed, day in (("sale.csv", 40, 2), ("nightly.csv", 1, 1), ("looked-at.csv", 90, 1)):
        FeedImport.objects.create(
            shop=winner.shop, name=name, state="done", rows=100, changed=changed, dry_run=name == "looked-at.csv",
            beat_at=start, ended_at=start + timedelta(days=day),
        )  # fmt: skip
    client.force_login(owner)
    response = client.get(address("detail", winner.shop, winner.pk))
    assert [row[-1] for row in response.context["time_figure"].table.rows] == ["", "model", "feed"]
    page = response.content.decode()
    assert "Model version 7 was published" in page
    assert "sale.csv" in page
    assert "nightly.csv" not in page
    assert "looked-at.csv" not in page
    lines = client.get(address("download", winner.shop, winner.pk)).content.decode().splitlines()
    assert [row[0] for row in csv.reader(lines)][-2:] == ["model_changed", "feed_changed"]


def test_one_visitor_is_shown_the_slates_of_both_variants_and_nothing_is_logged(client, owner, running):
    from dashboard.events.models import Exposure
    from dashboard.experiments.models import Assignment

    upsert_items(shop=running.shop, raw_items=[{"item_id": f"mug-{n}", "title": f"Mug {n}"} for n in range(6)])
    client.force_login(owner)
    url = reverse("serving:experiment-slates", args=[running.shop.slug, running.pk])
    response = client.get(url, {"visitor_id": "somebody"})
    variants = {slate.variant: [row.slot.item_id for row in slate.rows] for slate in response.context["slates"]}
    assert variants.keys() == {"A", "B"}
    assert all(len(rows) == 6 for rows in variants.values())
    assert not Exposure.objects.exists()
    assert not Assignment.objects.exists()
