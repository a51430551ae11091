"""`/api/v1/runs` and `/api/v1/artifacts`, as a shop's backend sees them."""

import pytest

from dashboard.accounts.models import ApiKey, AuditEntry
from dashboard.accounts.services import issue_key
from dashboard.training.models import Run
from tests.artifact_files import paired


@pytest.fixture
def call(client):
    """`call(shop, "post", "runs", {…})` with the shop's secret key."""

    def request(shop, method, path, body=None, kind=ApiKey.Kind.SECRET):
        key = issue_key(shop=shop, kind=kind).plain
        options = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {key}"}}
        if method == "post":
            options["data"] = body or {}
        return getattr(client, method)(f"/api/v1/{path}", **options)

    return request


@pytest.fixture(autouse=True)
def _something_to_learn(shop, seen):
    seen(shop, "ada", "bob", "cleo")


def test_a_backend_starts_a_run_and_follows_it(shop, call):
    started = call(shop, "post", "runs", {"preset": "fast"})
    assert started.status_code == 202
    run = started.json()
    assert (run["state"], run["preset"], run["trigger"]) == ("queued", "fast", "api")
    assert call(shop, "get", f"runs/{run['id']}").json() == run


def test_a_second_run_is_a_409_that_names_the_first(shop, call):
    first = call(shop, "post", "runs").json()
    second = call(shop, "post", "runs")
    assert second.status_code == 409
    assert f"Run {first['id']}" in second.json()["error"]["message"]


@pytest.mark.parametrize("body", [{"preset": "magic"}, {"speed": "fast"}])
def test_what_is_not_understood_is_a_400_by_field(shop, call, body):
    refused = call(shop, "post", "runs", body)
    assert refused.status_code == 400
    assert list(refused.json()["error"]["fields"]) == list(body)
    assert Run.objects.count() == 0


def test_a_publishable_key_may_not_train_nor_publish(shop, call, published):
    artifact = published(shop)
    for method, path in [("post", "runs"), ("get", "artifacts"), ("post", f"artifacts/{artifact.pk}/publish")]:
        assert call(shop, method, path, kind=ApiKey.Kind.PUBLISHABLE).status_code == 403


def test_too_little_is_refused_before_anything_is_queued(other_shop, call):
    refused = call(other_shop, "post", "runs")
    assert refused.status_code == 400
    assert "0 of 10 interactions + 0 of 2 visitors needed" in refused.json()["error"]["message"]
    assert not Run.objects.exists()


def test_a_run_tells_how_its_version_compares(shop, call, published, train):
    old = published(shop, 1)
    run = train(shop, paired=paired(0.01))
    told = call(shop, "get", f"runs/{run.pk}").json()
    assert told["compared_with"] == old.pk
    assert told["comparison"]["measures"]["ndcg@10"]["difference"] == 0.01


def test_a_backend_reads_and_changes_the_plan(shop, call, client):
    plan = call(shop, "get", "training-plan").json()
    assert (plan["night_hour"], plan["night_preset"], plan["weekly_preset"]) == (3, "balanced", "best")
    assert (plan["interactions"], plan["needed"]) == (15, {"interactions": 1_000, "visitors": 50})
    assert [forecast["preset"] for forecast in plan["forecasts"]] == ["fast", "balanced", "best"]
    key = issue_key(shop=shop, kind=ApiKey.Kind.SECRET).plain
    options = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {key}"}}
    changed = client.patch("/api/v1/training-plan", {"night_hour": 22, "weekly_preset": ""}, **options).json()
    assert (changed["night_hour"], changed["weekly_preset"], changed["night_preset"]) == (22, "", "balanced")
    refused = client.patch("/api/v1/training-plan", {"night_hour": 24}, **options)
    assert list(refused.json()["error"]["fields"]) == ["night_hour"]


def test_artifacts_come_newest_first_with_their_metrics(shop, call, published):
    published(shop, 1, active=False)
    published(shop, 2)
    found = call(shop, "get", "artifacts").json()["artifacts"]
    assert [(a["version"], a["is_active"]) for a in found] == [(2, True), (1, False)]
    assert found[0]["metrics"]["popularity"]["ndcg@10"] == 0.08


def test_publishing_an_earlier_artifact_makes_it_serve(shop, call, published):
    earlier = published(shop, 1, active=False)
    published(shop, 2)
    answer = call(shop, "post", f"artifacts/{earlier.pk}/publish")
    assert answer.status_code == 200
    assert answer.json()["is_active"] is True
    assert AuditEntry.objects.get(action="artifact.publish").actor_label.startswith("sk_")


def test_another_shops_run_and_artifact_do_not_exist(shop, other_shop, call, published):
    artifact = published(shop, active=False)
    assert call(other_shop, "get", f"runs/{artifact.run_id}").status_code == 404
    assert call(other_shop, "post", f"artifacts/{artifact.pk}/publish").status_code == 404
    assert call(other_shop, "get", "artifacts").json() == {"artifacts": []}
    artifact.refresh_from_db()
    assert not artifact.is_active
