"""`/api/v1/runs` and `/api/v1/artifacts`, as a shop's backend sees them."""

import pytest

from dashboard.accounts.models import ApiKey, AuditEntry
from dashboard.accounts.services import issue_key
from dashboard.training.models import Run


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
