"""The models page: what each role sees and may do."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.core import clock
from dashboard.training import selectors
from dashboard.training.models import RetrainPlan, Run
from recommender.data.events import EVENT_WEIGHTS
from tests.artifact_files import paired
from tests.markup import one_line


@pytest.fixture
def page(client, shop):
    def see(user, query=""):
        client.force_login(user)
        answer = client.get(reverse("training:index", args=[shop.slug]) + query)
        assert answer.status_code == 200
        return one_line(answer.content.decode())

    return see


@pytest.fixture
def post(client, shop):
    def send(user, name, *arguments, **data):
        client.force_login(user)
        return client.post(reverse(f"training:{name}", args=[shop.slug, *arguments]), data)

    return send


@pytest.fixture
def running(shop):
    now = clock.now()
    return Run.objects.create(
        shop=shop,
        state="running",
        trigger="manual",
        attempt=1,
        fencing_token=1,
        started_at=now - timedelta(minutes=1),
        stage="encode",
        progress=0.5,
        stages=[
            {"stage": "snapshot", "progress": 1.0, "seconds": 2.0, "message": ""},
            {"stage": "encode", "progress": 0.5, "seconds": 40.0, "message": "pass 3"},
        ],
        log_tail="09:00:00  encode  pass 3",
    )


def test_an_empty_shop_is_told_what_to_do_first(page, owner):
    html = page(owner)
    assert "No model has been trained" in html
    assert "Train the first model" in html


def test_the_headline_says_how_much_better_than_bestsellers(page, owner, shop, published):
    published(shop, 3)
    html = " ".join(page(owner).split())
    assert "<b>30.0 of 100</b> visitors want next; bestsellers would have it for 12.0." in html


def test_every_estimate_carries_its_interval_and_the_bestsellers_beside_it(page, owner, shop, published):
    published(shop, 1)
    html = page(owner)
    assert "30.0" in html
    assert "± 2.0" in html
    assert "12.0" in html


def test_two_versions_are_compared_line_by_line(page, owner, shop, published):
    old = published(shop, 1, active=False, blend={"recall@10": 0.2})
    published(shop, 2)
    html = page(owner, f"?compare={old.pk}")
    assert "Compared: v2 and v1" in html
    assert "20.0 ± 2.0" in html
    assert "Better" in html


def test_an_artifact_of_another_shop_is_never_compared(page, owner, shop, other_shop, published):
    foreign = published(other_shop, 7)
    published(shop, 1)
    assert "v7" not in page(owner, f"?compare={foreign.pk}")


def test_a_run_shows_its_stages_and_asks_for_news_every_two_seconds(page, owner, running):
    html = page(owner)
    assert 'hx-trigger="every 2s"' in html
    assert "Interests 25%" in html
    assert re.search(r"50% done, about (\d\d seconds|1 minute|2 minutes) left\.", html)  # a slow page takes a while too
    assert "pass 3" in html


def test_the_live_part_brings_the_log_and_no_page(client, owner, shop, running):
    client.force_login(owner)
    answer = client.get(reverse("training:live", args=[shop.slug, running.pk]))
    html = answer.content.decode()
    assert 'id="run-log"' in html
    assert "<html" not in html
    assert "HX-Refresh" not in answer


def test_heading_and_badge_move_with_the_run(client, page, owner, shop, running):
    Run.objects.filter(pk=running.pk).update(state="queued")
    html = page(owner)
    assert f"Run {running.pk} is queued" in html
    assert html.count('id="run-state"') == 1
    Run.objects.filter(pk=running.pk).update(state="running")
    live = client.get(reverse("training:live", args=[shop.slug, running.pk])).content.decode()
    assert f"Run {running.pk} is training" in live
    assert 'id="h-run" hx-swap-oob="true"' in live
    badge = live[live.index('id="run-state"') :]
    assert "Training" in badge[: badge.index("</span>")]


def test_asking_ends_with_the_run(client, page, owner, shop, running):
    Run.objects.filter(pk=running.pk).update(state="failed", reason_code="worker_lost", reason_facts={"attempts": 3})
    client.force_login(owner)
    assert client.get(reverse("training:live", args=[shop.slug, running.pk]))["HX-Refresh"] == "true"
    assert "every 2s" not in page(owner)


def test_a_queued_run_says_when_no_worker_takes_it(page, owner, shop):
    long_ago = clock.now() - timedelta(minutes=2)
    Run.objects.create(shop=shop, state="queued", trigger="manual", enqueued_at=long_ago)
    assert "No worker has taken this run yet" in page(owner)


def test_an_editor_retrains(post, editor, busy_shop, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert post(editor, "start", preset="best").status_code == 302
    run = Run.objects.get()
    assert (run.preset, run.requested_by, run.trigger) == ("best", editor, "manual")
    assert len(sent) == 1


def test_a_second_retrain_is_refused_in_plain_words(post, editor, busy_shop, running):
    answer = post(editor, "start", preset="fast")
    assert answer.status_code == 409
    assert "one run at a time" in answer.content.decode()


def test_an_editor_cancels(post, editor, running):
    assert post(editor, "cancel", running.pk).status_code == 302
    running.refresh_from_db()
    assert running.cancel_requested_at is not None


def test_an_editor_rolls_back_and_forth(post, editor, shop, published):
    old, new = published(shop, 1, active=False), published(shop, 2)
    post(editor, "publish", old.pk)
    assert selectors.active_artifact(shop) == old
    post(editor, "publish", new.pk)
    assert selectors.active_artifact(shop) == new
    assert set(AuditEntry.objects.filter(actor=editor).values_list("action", "subject")) == {
        ("artifact.roll_back", "v1"),
        ("artifact.roll_back", "v2"),
    }


def test_what_was_held_back_is_published_anyway_after_a_question(page, post, owner, shop, published):
    published(shop, 1)
    held_back = published(shop, 2, active=False, state="rejected")
    assert "Publish v2 anyway?" in page(owner)
    post(owner, "publish", held_back.pk)
    assert selectors.active_artifact(shop) == held_back
    assert Run.objects.get(pk=held_back.run_id).state == "published"


def test_a_viewer_sees_all_and_changes_nothing(page, post, viewer, shop, published, running):
    artifact = published(shop, 1, active=False)
    html = page(viewer)
    assert "Retrain now" not in html
    assert "Cancel run" not in html
    assert "Roll back" not in html
    attempts = [post(viewer, "start", preset="fast"), post(viewer, "cancel", running.pk)]
    attempts += [post(viewer, "publish", artifact.pk), post(viewer, "plan")]
    assert {answer.status_code for answer in attempts} == {403}
    running.refresh_from_db()
    assert running.cancel_requested_at is None
    assert selectors.active_artifact(shop) is None


def test_an_outsider_finds_nothing(client, outsider, shop, published):
    artifact = published(shop, 1, active=False)
    client.force_login(outsider)
    for name, arguments in [("index", []), ("run", [artifact.run_id]), ("live", [artifact.run_id])]:
        assert client.get(reverse(f"training:{name}", args=[shop.slug, *arguments])).status_code == 404
    assert client.post(reverse("training:publish", args=[shop.slug, artifact.pk])).status_code == 404


def test_a_run_and_a_version_of_another_shop_are_not_found_under_ones_own(post, owner, other_shop, published):
    foreign = published(other_shop, 1, active=False)
    assert post(owner, "publish", foreign.pk).status_code == 404
    assert post(owner, "cancel", foreign.run_id).status_code == 404


def test_too_little_is_said_before_anything_is_queued(page, post, owner, shop, seen):
    seen(shop, "ada")
    assert "5 of 1,000 interactions + 1 of 50 visitors" in page(owner)
    answer = post(owner, "start", preset="fast")
    assert answer.status_code == 400
    assert "5 of 10 interactions + 1 of 2 visitors needed" in answer.content.decode()
    assert not Run.objects.exists()


def test_when_and_how_thoroughly_is_kept_and_shown(page, post, owner, shop):
    given = {"night_hour": "5", "night_preset": "fast", "weekly_preset": "", "weekly_day": "2"}
    assert post(owner, "plan", retrains_nightly="on", **given).status_code == 302
    plan = RetrainPlan.objects.get(shop=shop)
    kept = (plan.night_hour, plan.night_preset, plan.weekly_preset, plan.weekly_day, plan.retrains_on_news)
    assert kept == (5, "fast", "", 2, False)
    html = page(owner)
    assert "Retrains every night at 05:00" in html
    assert '<option value="5" selected>05:00</option>' in html


def test_an_hour_that_no_day_has_is_refused(post, owner, shop):
    assert post(owner, "plan", night_hour="24").status_code == 400
    assert not RetrainPlan.objects.filter(shop=shop).exists()


def test_the_plan_is_kept(post, owner, shop):
    post(owner, "plan", counts_simulated="on")
    plan = RetrainPlan.objects.get(shop=shop)
    assert (plan.retrains_nightly, plan.counts_simulated) == (False, True)


def test_weights_are_kept_where_they_differ_and_shown_again(page, post, owner, shop):
    post(owner, "plan", weight_purchase="4.5", weight_view_item="1", weight_add_to_cart="")
    assert RetrainPlan.objects.get(shop=shop).event_weights == {"purchase": 4.5}
    field = page(owner).partition('name="weight_purchase"')[2].partition(">")[0]
    assert 'value="4.5"' in field


@pytest.mark.parametrize(
    "weights", [{"weight_purchase": "11"}, {"weight_view_item": "-1"}, {"weight_add_to_cart": "much"}, "none counts"]
)
def test_weights_out_of_range_are_refused_and_nothing_changes(post, owner, shop, weights):
    if weights == "none counts":
        weights = {f"weight_{name}": "0" for name in EVENT_WEIGHTS}
    assert post(owner, "plan", **weights).status_code == 400
    assert not RetrainPlan.objects.filter(shop=shop).exists()


def test_the_page_says_what_the_gate_saw_and_decided(page, client, owner, shop, published, train, seen):
    seen(shop, "ada", "bob", "cleo", "dan")
    published(shop, 1)
    beside = {
        "recall_at_10": {"before": 0.3, "after": 0.31, "difference": 0.01, "interval": [-0.004, 0.024]},
        "segments": {"visitors": 380, "kept": 0.91, "born": [7], "gone": [2, 3]},
        "milliseconds": {"before": 2.1, "after": 44.0},
    }
    run = train(shop, paired=paired(0.002, 0.01, before=0.2, **beside))
    html = page(owner)
    assert "How v2 was judged against v1" in html
    assert "v2 ranks what 400 visitors wanted next as well as v1. It was held back." in html
    assert "It takes 44.0 milliseconds to find what suits a visitor, v1 takes 2.1" in html
    rows = {row.split("<", 1)[0].strip(): row for row in html.split('<th scope="row">')}
    assert "−0.8 … +1.2" in rows["How high the next item stands"]
    assert "new segments: 1, gone: 2" in rows["Visitors who stay in their segment"]
    assert "held it back" in rows["Time for one visitor"]
    assert "held it back" not in rows["How high the next item stands"]
    client.force_login(owner)
    assert "How v2 was judged" in client.get(reverse("training:run", args=[shop.slug, run.pk])).content.decode()


def test_a_run_has_a_page_that_says_why_it_failed(client, owner, shop):
    run = Run.objects.create(shop=shop, state="failed", trigger="schedule", reason_code="worker_lost")
    Run.objects.filter(pk=run.pk).update(reason_facts={"attempts": 3})
    client.force_login(owner)
    html = client.get(reverse("training:run", args=[shop.slug, run.pk])).content.decode()
    assert "The worker was lost 3 times" in html


def test_operators_retrain_shops_from_the_admin(admin_client, shop, other_shop):
    chosen = {"action": "retrain", "_selected_action": [shop.pk, other_shop.pk]}
    answer = admin_client.post(reverse("admin:accounts_shop_changelist"), chosen, follow=True)
    assert "2 runs were queued" in answer.content.decode()
    assert Run.objects.filter(state="queued").count() == 2


@pytest.mark.parametrize("model", ["run", "artifact"])
def test_operators_look_at_runs_and_artifacts_only(admin_client, shop, published, model):
    published(shop, 1)
    assert admin_client.get(reverse(f"admin:training_{model}_changelist")).status_code == 200
    assert admin_client.get(reverse(f"admin:training_{model}_add")).status_code == 403
