"""What becomes of a run: the trainer is a real process each time."""

import json
import sys
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.catalog.services import upsert_items
from dashboard.core import clock
from dashboard.events.models import BotVisitor
from dashboard.segments.identity import reserve_numbers
from dashboard.segments.selectors import active_segments, visitor_memberships
from dashboard.training import selectors, services
from dashboard.training.models import Artifact, Run
from dashboard.training.services.report import without_folders
from tests.artifact_files import paired


def test_a_run_trains_publishes_and_shows_its_segments(busy_shop, train):
    run = train(busy_shop)
    assert run.state == "published", run.reason
    artifact = selectors.active_artifact(busy_shop)
    assert (artifact.run_id, artifact.version) == (run.pk, 1)
    assert (selectors.local_artifact_folder(artifact) / "items.parquet").exists()
    assert len(active_segments(busy_shop)) == 2
    assert visitor_memberships(busy_shop, "cleo") is not None


def test_a_run_tells_its_stages_progress_log_and_counts(busy_shop, train):
    run = train(busy_shop)
    told = [stage["stage"] for stage in run.stages]
    assert told == ["snapshot", "read", "encode", "rank", "segments", "evaluate", "write", "publish"]
    assert run.progress == 1
    assert "encode goes well" in run.log_tail
    assert run.counts["visitors"] == 4
    assert run.ended_at >= run.started_at


def test_the_log_of_a_run_is_on_the_clock_of_the_shop(busy_shop, train):
    busy_shop.timezone = "Asia/Kolkata"  # half an hour beside every clock of whole hours
    busy_shop.save()
    begun = clock.now()
    told = [line.split()[0] for line in train(busy_shop).log_tail.splitlines()]
    kolkata = ZoneInfo("Asia/Kolkata")
    passed = (clock.now() - begun).seconds + 2
    there = {f"{(begun + timedelta(seconds=second)).astimezone(kolkata):%H:%M:%S}" for second in range(-1, passed)}
    assert set(told) <= there


def test_the_trainer_learns_from_the_catalog_too(busy_shop, train):
    upsert_items(shop=busy_shop, raw_items=[{"item_id": "mug", "title": "A mug"}])
    assert "reads 1 items, for the first time" in train(busy_shop).log_tail


def test_the_trainer_is_given_the_active_artifact_so_that_segments_keep_their_numbers(busy_shop, train):
    train(busy_shop)
    assert "after an earlier artifact" in train(busy_shop).log_tail


def test_the_trainer_hears_of_the_numbers_that_held_back_artifacts_have_given_too(busy_shop, train):
    assert "numbers given none" in train(busy_shop).log_tail
    worse = train(busy_shop, paired=paired(-0.1))
    assert worse.state == "rejected"
    reserve_numbers(busy_shop, [7])
    assert "numbers given [1, 2, 7]" in train(busy_shop).log_tail


def test_the_trainer_is_given_the_weights_that_the_shop_chose(busy_shop, train):
    assert "weights usual" in train(busy_shop).log_tail
    weights = {"purchase": 5, "view_item": 1}
    services.change_plan(shop=busy_shop, retrains_nightly=True, counts_simulated=True, event_weights=weights)
    assert "weights {'purchase': 5.0}" in train(busy_shop).log_tail


def test_nothing_of_the_work_stays_on_the_disk(busy_shop, train, folders):
    train(busy_shop)
    assert list((folders / "data" / "runs").iterdir()) == []


def test_delivered_twice_the_second_delivery_does_nothing(busy_shop, train, trainer, timing):
    run = train(busy_shop)
    services.execute_run(run_id=run.pk, timing=timing)
    run.refresh_from_db()
    assert (run.state, run.attempt) == ("published", 1)
    assert Artifact.objects.count() == 1


def test_a_run_that_another_worker_holds_is_left_alone(busy_shop, trainer, timing):
    run = Run.objects.create(shop=busy_shop, state="running", trigger="manual", fencing_token=1)
    services.execute_run(run_id=run.pk, timing=timing)
    run.refresh_from_db()
    assert (run.state, run.attempt, run.fencing_token) == ("running", 0, 1)


def test_a_run_that_does_not_exist_is_left_alone(db):
    services.execute_run(run_id=999)


def test_too_little_data_fails_at_once_and_says_what_to_do(shop, seen, train):
    seen(shop, "ada")
    run = train(shop)
    assert (run.state, run.reason_code) == ("failed", "nothing_to_learn")
    assert "5 interactions of 1 visitors" in run.reason


def test_a_run_that_finds_only_programs_says_so(shop, seen, train):
    seen(shop, "ada", "bob", "cleo")
    for program in ("ada", "bob"):
        BotVisitor.objects.create(shop=shop, visitor_id=program, reason="rate", found_at=clock.now())
    run = train(shop)
    assert (run.state, run.reason_code) == ("failed", "nothing_to_learn")
    assert "5 interactions of 1 visitors. Left out: 10 of visitors that are programs." in run.reason


@pytest.mark.parametrize(
    ("deed", "code", "words"), [("fail", "trainer_failed", "the disk is full"), ("refuse", "bad_data", "line 7")]
)
def test_a_trainer_that_gives_up_fails_the_run_with_its_last_words(busy_shop, train, deed, code, words):
    run = train(busy_shop, deed)
    assert (run.state, run.reason_code) == ("failed", code)
    assert words in run.reason


def test_a_killed_trainer_is_queued_again_and_goes_on_from_its_checkpoint(
    busy_shop, train, trainer, timing, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        run = train(busy_shop, "finish", first_do="killed")
    assert (run.state, run.attempt) == ("queued", 1)
    assert len(sent) == 2
    services.execute_run(run_id=run.pk, timing=timing)
    run.refresh_from_db()
    assert (run.state, run.attempt) == ("published", 2)
    assert "goes on from pass 7" in run.log_tail


def test_a_trainer_killed_three_times_fails_the_run(busy_shop, train, trainer, timing):
    run = train(busy_shop, "killed")
    for _ in range(2):
        services.execute_run(run_id=run.pk, timing=timing)
    run.refresh_from_db()
    assert (run.state, run.attempt, run.reason_code) == ("failed", 3, "trainer_killed")


def test_a_worse_artifact_is_held_back_and_the_old_one_serves_on(busy_shop, train, published):
    old = published(busy_shop, version=1)
    run = train(busy_shop, paired=paired(-0.05, before=0.2))
    assert (run.state, run.reason_code) == ("rejected", "worse_on_same_visitors")
    assert "15.0 of 100" in run.reason and "v1" in run.reason
    assert run.compared_with == old
    assert selectors.active_artifact(busy_shop) == old
    assert run.artifact.version == 2


def test_a_nightly_fast_run_does_not_replace_a_weekly_best_one(busy_shop, train, published):
    best = published(busy_shop, version=1)
    Run.objects.filter(pk=best.run_id).update(preset="best")
    run = train(busy_shop, paired=paired(-0.002, 0.02, before=0.2))
    assert (run.preset, run.state, run.reason_code) == ("fast", "rejected", "less_thorough")
    assert "less thoroughly (Fast) than v1 (Best)" in run.reason
    assert selectors.active_artifact(busy_shop) == best
    assert train(busy_shop, paired=paired(0.01, 0.02, before=0.2)).state == "published"


def test_a_version_that_a_person_publishes_meanwhile_is_not_replaced_unseen(busy_shop, trainer, timing, published):
    published(busy_shop, version=1)
    other = published(busy_shop, version=2, active=False)
    trainer.does("finish", paired=paired(0.1))
    run = services.start_run(shop=busy_shop, preset="fast")

    def roll_back(stage, _progress):
        if stage == "publish" and selectors.active_artifact(busy_shop) != other:
            services.rollback_to(artifact=other)

    services.execute_run(run_id=run.pk, timing=timing, watch=roll_back)
    run.refresh_from_db()
    assert (run.state, run.reason_code, selectors.active_artifact(busy_shop)) == ("rejected", "another_serves", other)


def test_an_artifact_worse_than_bestsellers_is_held_back(busy_shop, train):
    run = train(busy_shop, blend={"ndcg@10": 0.05})
    assert (run.state, run.reason_code) == ("rejected", "worse_than_popularity")
    assert selectors.active_artifact(busy_shop) is None


def test_an_internal_mistake_ends_the_run_instead_of_leaving_it_running(busy_shop, train, monkeypatch):
    monkeypatch.setattr("dashboard.training.gate.objection", lambda *_: 1 / 0)
    run = train(busy_shop)
    assert (run.state, run.reason_code) == ("failed", "internal")


def test_the_trainer_learns_no_secret(busy_shop, tmp_path, settings, timing):
    spy = tmp_path / "spy.py"
    spy.write_text("import json, os, sys\nsys.exit('error: ' + json.dumps(sorted(os.environ)))\n")
    settings.TRAINER_COMMAND = [sys.executable, str(spy)]
    run = services.start_run(shop=busy_shop)
    services.execute_run(run_id=run.pk, timing=timing)
    run.refresh_from_db()
    known = json.loads(run.reason_facts["message"])
    assert "PATH" in known
    assert not {"DATABASE_URL", "SECRET_KEY", "REDIS_URL"} & set(known)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("read /var/lib/forage/runs/7/snapshot/interactions.parquet: 120 rows", "read interactions.parquet: 120 rows"),
        ("no space left on '/srv/shop/out/model.onnx'", "no space left on 'model.onnx'"),
        ("half/half at https://example.com/a/b and 1/2 done", "half/half at https://example.com/a/b and 1/2 done"),
    ],
)
def test_what_a_run_tells_names_no_folder_of_the_machine(line, told):
    assert without_folders(line) == told
