"""The privacy of groups by the API: what is barred is asked for by nobody, and who asked for it is told, not broken."""

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.audiences.services import create_audience, set_attributes
from dashboard.events.models import Privacy
from dashboard.policies.services import ensure_default_placements
from tests.audiences.conftest import small_groups  # noqa: F401

pytestmark = pytest.mark.django_db
BAR = {"barred_attributes": ["religion"]}


@pytest.fixture
def faithful(shop, small_groups):  # noqa: F811
    for visitor in ("ada", "bob", "cleo"):
        set_attributes(shop=shop, visitor_id=visitor, attributes={"religion": "none", "tier": "gold"})
    create_audience(shop=shop, name="Gold", expression='attributes.tier = "gold"', by=None)
    return create_audience(shop=shop, name="Faithful", expression="attributes.religion exists", by=None)


def test_it_is_read_and_changed_field_by_field(secret):
    assert secret.get("/privacy").json() == {
        "smallest_group": 20,
        "barred_attributes": [],
        "barred_names": [],
        "audiences": [],
    }
    assert secret.patch("/privacy", {**BAR, "barred_names": ["Wedding"]}).status_code == 200
    assert secret.patch("/privacy", {"smallest_group": 35}).json() == {
        "smallest_group": 35,
        "barred_attributes": ["religion"],
        "barred_names": ["Wedding"],
        "audiences": [],
    }
    entries = AuditEntry.objects.filter(action="privacy.changed").order_by("pk")
    assert [sorted(entry.detail["changes"]) for entry in entries] == [
        ["barred_attributes", "barred_names"],
        ["smallest_group"],
    ]
    assert entries[0].actor_label.startswith("sk_")


def test_what_an_audience_asks_for_is_barred_only_when_that_is_accepted(secret, faithful):
    refused = secret.patch("/privacy", BAR)
    assert refused.status_code == 409
    assert "“Faithful”" in refused.json()["error"]["message"] and "Gold" not in refused.json()["error"]["message"]
    assert "barred_attributes" in refused.json()["error"]["fields"]
    assert secret.get(f"/audiences/{faithful.pk}").json()["visitors"] == 3
    told = secret.patch("/privacy", {**BAR, "accepted": True}).json()
    assert told["audiences"] == [{"id": faithful.pk, "name": "Faithful", "barred": ["religion"]}]
    assert secret.patch("/privacy", {**BAR, "smallest_group": 2}).status_code == 200, "it is barred already"


def test_an_audience_that_asks_for_what_is_barred_says_so_wherever_it_is_asked_for(secret, shop, faithful):
    secret.patch("/privacy", {**BAR, "accepted": True})
    kept = secret.get(f"/audiences/{faithful.pk}").json()
    assert (kept["visitors"], kept["barred"]) == (0, ["religion"])
    assert "religion" in secret.get(f"/audiences/{faithful.pk}/visitors").json()["error"]["message"]
    asked = secret.post("/exports", {"kind": "audience", "audience": faithful.pk})
    assert asked.status_code == 403 and "religion" in asked.json()["error"]["message"]
    ensure_default_placements(shop)
    drafted = secret.post("/experiments", {"placement": "home", "knobs": {"novelty": 0.2}, "audience": faithful.pk})
    assert drafted.status_code == 400 and "religion" in drafted.json()["error"]["message"]
    refused = secret.post("/audiences", {"name": "Again", "expression": "attributes.religion exists"})
    assert refused.status_code == 400


def test_it_comes_back_when_the_bar_is_lifted(secret, faithful):
    secret.patch("/privacy", {**BAR, "accepted": True})
    secret.patch("/privacy", {"barred_attributes": []})
    kept = secret.get(f"/audiences/{faithful.pk}").json()
    assert (kept["visitors"], kept["barred"]) == (3, [])


@pytest.mark.parametrize(
    "wrong", [{"smallest_group": 0}, {"smallest_group": 1001}, {"barred_attributes": ["x" * 101]}, {"smallest": 3}]
)
def test_what_is_no_setting_is_refused(secret, wrong):
    assert secret.patch("/privacy", wrong).status_code == 400
    assert not Privacy.objects.exists()
