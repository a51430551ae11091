"""`GET /policies/{id}/estimate`, and a placement that goes."""

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.events.models import Exposure
from dashboard.experiments.services import create_experiment
from dashboard.policies.models import Placement
from dashboard.policies.selectors import placement_by_slug
from dashboard.policies.services import ensure_default_placements
from tests.serving.conftest import set_policy
from tests.serving.estimates.served import serve_many, stock


@pytest.fixture
def home(shop):
    stock(shop)
    ensure_default_placements(shop)
    set_policy(shop, exploration=0.6, diversity=0.2, explore_floor=0.05)
    return placement_by_slug(shop, "home")


def drafted(secret, **knobs):
    return secret.post("/placements/home/policies", {"knobs": knobs}).json()["id"]


def test_a_draft_is_estimated_beside_today(secret, home):
    clicks = serve_many(home.shop, 1_500)
    number = drafted(secret, exploration=0.5)
    said = secret.get(f"/policies/{number}/estimate").json()
    told = said["metrics"]["clicks"]
    assert (said["reason"], said["policy"], said["placement"], said["slates"]) == ("enough", number, "home", 1_500)
    assert told["today"]["value"] == pytest.approx(clicks.mean())
    assert told["dr"]["interval"][0] < told["dr"]["value"] < told["dr"]["interval"][1]
    assert told["dr_change"]["value"] == pytest.approx(told["dr"]["value"] - told["today"]["value"])
    assert "1,000 slates would get" in said["message"]
    assert secret.get(f"/policies/{number}/estimate?limit=300").json()["slates"] == 300


def test_what_cannot_be_told_is_refused_in_words(secret, home):
    said = secret.get(f"/policies/{drafted(secret, novelty=0.5)}/estimate").json()
    assert (said["reason"], said["slates"], said["metrics"]["revenue"]["today"]) == ("no_slates", 0, None)
    assert "no slate of this placement" in said["message"]
    assert secret.get(f"/policies/{drafted(secret)}/estimate?limit=1").status_code == 400


def test_a_placement_goes_and_its_slates_stay(secret, home, shop):
    secret.post("/placements", {"slug": "search", "name": "Search results"})
    secret.post("/recommendations", {"placement": "search", "visitor_id": "v"})
    assert secret.delete("/placements/search").status_code == 204
    assert secret.get("/placements/search").status_code == 404
    assert secret.post("/recommendations", {"placement": "search", "visitor_id": "v"}).status_code == 404
    assert Exposure.objects.filter(shop=shop, placement="search").count() == 1
    entry = AuditEntry.objects.get(action="placement.deleted")
    assert (entry.subject, entry.detail["versions"]) == ("search", 1)


def test_a_placement_with_experiments_stays(secret, home):
    create_experiment(placement=home, treatment_knobs={"exploration": 0.9}, by=None)
    answer = secret.delete("/placements/home")
    assert (answer.status_code, Placement.objects.filter(pk=home.pk).exists()) == (409, True)


def test_the_last_placement_stays(secret, shop, home):
    for slug in ("product", "cart", "email"):
        assert secret.delete(f"/placements/{slug}").status_code == 204
    assert secret.delete("/placements/home").status_code == 409


def test_what_each_group_was_shown_so_far(secret, home, shop):
    set_policy(shop, exploration=0.6, fairness=0.3, fairness_attribute="brand", fairness_target={"Clay": 0.5})
    serve_many(shop, 40)
    said = secret.get("/placements/home/fairness").json()
    shares = {group["name"]: group["share"] for group in said["groups"]}
    assert (said["attribute"], said["slots"], set(shares)) == ("brand", 120, {"Clay", "Digwell", "Glow"})
    assert sum(shares.values()) == pytest.approx(1.0)
    assert {group["name"]: group["target"] for group in said["groups"]} == {"Clay": 0.5, "Digwell": None, "Glow": None}
