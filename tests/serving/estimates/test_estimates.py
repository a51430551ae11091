"""What a draft would have brought: against the truth that made the log, against the command, and refused in words."""

import json

import numpy as np
import pytest
from django.core.management import call_command

from dashboard.events.models import Exposure, LoggedPolicy
from dashboard.events.services import erase_visitor
from dashboard.policies.selectors import placement_by_slug, published_policy
from dashboard.policies.services import draft_knobs, draft_rule, ensure_default_placements
from dashboard.serving import estimate_words
from dashboard.serving.estimates import decisions_of, estimate_of, forget_prepared, make_ready, reading, shelf
from dashboard.serving.preview import proposed_policy
from recommender.cli import main
from tests.serving.conftest import set_policy
from tests.serving.estimates.served import serve_many, stock, true_clicks

pytestmark = pytest.mark.django_db
SERVED = {"exploration": 0.6, "diversity": 0.2, "explore_floor": 0.05}


@pytest.fixture
def home(shop):
    stock(shop)
    ensure_default_placements(shop)
    set_policy(shop, **SERVED)
    return placement_by_slug(shop, "home")


def published(home):
    return published_policy(shop_id=home.shop_id, slug=home.slug)


def estimated(home, **moved):
    return estimate_of(home.shop, published(home), proposed_policy(home, moved))


def by_metric(found):
    return {entry.metric: entry for entry in found.metrics}


def test_the_ranges_hold_what_the_draft_would_really_bring(home):
    clicks = serve_many(home.shop, 3_000)
    found = estimated(home, exploration=0.45, diversity=0.35)
    told = by_metric(found)["clicks"]
    truth = true_clicks(proposed_policy(home, {"exploration": 0.45, "diversity": 0.35}))
    assert (found.reason, found.slates, found.left_out) == ("enough", 3_000, {})
    assert told.today.value == pytest.approx(clicks.mean())
    for estimate in (told.snips, told.dr):
        low, high = estimate.interval
        assert low < truth < high
    assert told.dr_change.interval[1] - told.dr_change.interval[0] < told.dr.interval[1] - told.dr.interval[0]


def test_purchases_and_revenue_are_those_that_followed_a_click(home):
    serve_many(home.shop, 2_500)
    found = by_metric(estimated(home))
    clicks, purchases = found["clicks"].today.value, found["purchases"].today.value
    assert purchases == pytest.approx(clicks / 2, rel=0.1)
    assert found["revenue"].today.value > 4 * purchases
    assert found["revenue"].dr_change.value == pytest.approx(0.0, abs=0.5)


def test_it_is_what_the_command_says_of_the_exported_log(home, capsys, tmp_path):
    serve_many(home.shop, 1_500)
    draft_knobs(placement=home, knobs={"exploration": 0.5}, by=None)
    draft_rule(placement=home, rule={"kind": "boost", "match": {"brand": "Glow"}, "strength": 0.1}, by=None)
    judged, told = proposed_policy(home), None
    for metric in ("clicks", "revenue"):
        path = tmp_path / f"{metric}.json"
        path.write_text(json.dumps(decisions_of(home.shop, published(home), judged, metric=metric, limit=1_500)))
        main(["off-policy", "--input", str(path)])
        said = json.loads(capsys.readouterr().out)["slates"]
        found = estimate_of(home.shop, published(home), judged, limit=1_500)
        told = by_metric(found)[metric]
        assert said["effective"] == pytest.approx(found.effective, rel=1e-9)
        assert said["today"]["value"] == pytest.approx(told.today.value, rel=1e-9)
        for name in ("snips", "dr"):
            assert said[name]["value"] == pytest.approx(getattr(told, name).value, rel=1e-9)
            assert said[name]["interval"] == pytest.approx(list(getattr(told, name).interval), rel=1e-9)
    assert found.reason == "enough" and told.dr.value != told.today.value


def test_too_little_data_is_refused_with_what_would_do(home):
    serve_many(home.shop, 400)
    found = estimated(home, exploration=0.45)
    assert (found.reason, found.metrics[0].snips) == ("little_data", None)
    assert found.metrics[0].today is not None
    assert 600 < found.more_needed < 4_000
    assert f"{found.more_needed:,} more slates" in estimate_words.next_step(found)
    assert "worth" in estimate_words.refusal(found)


def test_what_was_never_shown_is_refused_and_a_floor_is_named(home):
    set_policy(home.shop, exploration=0.02, explore_floor=0.001)
    serve_many(home.shop, 1_200)
    best = [f"item-{number}" for number in range(12)]
    draft_rule(placement=home, rule={"kind": "bury", "match": {"item_id": best}, "strength": 1.0}, by=None)
    found = estimated(home)
    assert (found.reason, found.more_needed) == ("not_covered", None)
    assert found.covered < 0.8
    assert "never shown" in estimate_words.headline(found)
    assert "An experiment tells for sure." in estimate_words.next_step(found)


def test_without_exploration_nothing_is_known_of_other_slates(home):
    set_policy(home.shop, exploration=0.0)
    serve_many(home.shop, 30)
    found = estimated(home, exploration=0.2)
    assert (found.reason, found.left_out) == ("no_exploration", {"no_exploration": 30})


def test_propensities_of_another_policy_are_never_used(home):
    serve_many(home.shop, 1_500)
    row = LoggedPolicy.objects.get(policy_hash=published(home).policy.digest)
    row.knobs = {**row.knobs, "exploration": 0.61}
    row.save()
    found = estimated(home, exploration=0.5)
    assert (found.reason, found.metrics) == ("mismatch", ())
    assert "other chances" in estimate_words.headline(found)


def test_a_few_slates_that_do_not_match_are_left_out_and_counted(home):
    serve_many(home.shop, 1_500)
    rows = Exposure.objects.order_by("served_at")[:5]
    for row in rows:
        row.items[1]["propensity"] *= 0.9
        row.save()
    Exposure.objects.filter(pk=rows[0].pk).update(record=b"\x63nothing")
    found = estimated(home, exploration=0.55)
    assert (found.slates, found.left_out) == (1_495, {"mismatch": 4, "older_schema": 1})


def test_simulated_visitors_count_until_a_real_one_comes(home):
    serve_many(home.shop, 40, simulated=True)
    assert estimated(home).simulated is True
    assert estimated(home).slates == 40


def test_slates_of_an_earlier_policy_speak_too_by_their_own_chances(home):
    serve_many(home.shop, 1_500, seed=1, days_ago=5.0)
    set_policy(home.shop, **{**SERVED, "exploration": 0.5})
    serve_many(home.shop, 1_500, seed=2)
    found = estimated(home, exploration=0.55)
    truth = true_clicks(published(home).policy)
    today = by_metric(found)["clicks"].today
    assert (found.reason, found.slates) == ("enough", 3_000)
    assert today.interval[0] < truth < today.interval[1]


def test_a_new_override_is_refused(home):
    serve_many(home.shop, 20)
    judged = proposed_policy(home)
    from dataclasses import replace

    from dashboard.policies.selectors import with_overrides

    other = with_overrides(replace(judged), [{"audience": 7, "knobs": {"exploration": 0.9}, "rules": []}])
    assert estimate_of(home.shop, published(home), other).reason == "other_audiences"


def test_a_draft_that_moves_fatigue_is_refused_and_slates_of_another_fatigue_are_left_out(home):
    serve_many(home.shop, 30, seed=1, days_ago=5.0)
    assert estimated(home, fatigue=1.0).reason == "other_fatigue"
    set_policy(home.shop, **{**SERVED, "fatigue": 1.0})
    serve_many(home.shop, 40, seed=2)
    found = estimated(home, exploration=0.55, fatigue=1.0)
    assert (found.slates, found.left_out["other_fatigue"]) == (40, 30)


@pytest.mark.parametrize(
    "moved",
    [
        {"novelty": 0.3},
        {"fairness": 0.4},
        {"fairness": 0.4, "fairness_target": {"Clay": 0.7}},
        {"explore_max_age_days": 15.0},
        {"exploration": 0.0},
    ],
)
def test_every_knob_can_be_judged(home, moved):
    serve_many(home.shop, 60)
    found = estimated(home, **moved)
    assert found.left_out == {}
    assert found.reason in ("little_data", "not_covered")
    assert np.isfinite(found.effective)


def test_the_command_tells_the_draft_and_writes_its_log(home, capsys, tmp_path):
    serve_many(home.shop, 60)
    draft_knobs(placement=home, knobs={"exploration": 0.5}, by=None)
    options = ["--shop", home.shop.slug, "--placement", "home", "--log", str(tmp_path / "log.json")]
    call_command("estimate", *options, "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["reason"], said["slates"]) == ("little_data", 60)
    assert len(json.loads((tmp_path / "log.json").read_text())["action"]) == 180
    call_command("estimate", "--shop", home.shop.slug, "--placement", "home", "--policy", "2")
    assert "Too little data" in capsys.readouterr().out


def test_what_is_kept_beside_the_log_changes_no_figure_and_forgets_with_it(home, monkeypatch, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(shelf, "SLATES_A_FILE", 40)
    serve_many(home.shop, 130)
    alone = reading.read_log(home.shop, published(home), proposed_policy(home, {"exploration": 0.5}))
    files = sorted(tmp_path.rglob("*.slates"))
    again = reading.read_log(home.shop, published(home), proposed_policy(home, {"exploration": 0.5}))
    assert (len(files), sorted(tmp_path.rglob("*.slates"))) == (3, files)
    order, order_again = np.argsort(alone.tables.ids), np.argsort(again.tables.ids)
    assert again.tables.judged_NK[order_again].tolist() == alone.tables.judged_NK[order].tolist()
    erase_visitor(shop=home.shop, visitor_id="visitor-0-60")
    without = reading.read_log(home.shop, published(home), proposed_policy(home, {"exploration": 0.5}))
    assert len(without.tables) == 128
    assert len(set(files) - set(tmp_path.rglob("*.slates"))) >= 1
    forget_prepared(home.shop)
    assert not list(tmp_path.rglob("*.slates"))


def test_slates_are_made_ready_where_somebody_has_asked(home, monkeypatch, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(shelf, "SLATES_A_FILE", 40)
    serve_many(home.shop, 90)
    assert make_ready(shop=home.shop) == 0
    estimated(home, exploration=0.5)
    serve_many(home.shop, 50, seed=1, days_ago=1.0)
    before = set(tmp_path.rglob("*.slates"))
    assert make_ready(shop=home.shop) == 40  # of 60 that are in no file
    assert len(set(tmp_path.rglob("*.slates")) - before) == 1
    assert make_ready(shop=home.shop) == 0


def test_who_waits_is_told_of_what_is_ready_and_that_there_is_more(
    home, monkeypatch, tmp_path, settings, django_capture_on_commit_callbacks
):
    jobs = []
    monkeypatch.setattr("dashboard.core.jobs._send", lambda *job: jobs.append(job))
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(shelf, "SLATES_A_FILE", 40)
    serve_many(home.shop, 130)
    judged = proposed_policy(home, {"exploration": 0.5})
    with django_capture_on_commit_callbacks(execute=True):
        found = estimate_of(home.shop, published(home), judged, at_once=80)
    assert (found.reason, found.slates, found.waiting) == ("little_data", 80, 50)
    assert estimate_words.headline(found) == "50 more slates are being made ready: look again in a minute."
    assert estimate_words.next_step(found) == ""
    assert [name for name, *_ in jobs] == ["serving.make_ready"]
    whole = estimate_of(home.shop, published(home), judged)
    assert (whole.slates, whole.waiting) == (130, 0) and "Too little data" in estimate_words.headline(whole)
