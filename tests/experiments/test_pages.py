"""The list and the page of an experiment: who sees and does what."""

import csv
import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.core.formats import short_date
from dashboard.experiments import selectors
from dashboard.experiments.models import DailyMoment, Experiment
from dashboard.experiments.services import start_experiment, stop_experiment
from dashboard.policies.models import Policy
from dashboard.policies.selectors import policy_published_now, proposal_of
from dashboard.policies.services import draft_knobs, draft_rule, publish_policy
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
    assert len(rows) == 3 + 5 + 4


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
    assert [row[-1] for row in figure.table.rows] == ["", "changed", ""]
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
