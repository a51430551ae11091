"""An anonymous visitor signs in: one history, one arm of each experiment, whatever is repeated or comes late."""

from datetime import timedelta

import pytest

from dashboard.core import clock
from dashboard.events.models import BotVisitor, Exposure, Impression, Interaction, VisitorAlias
from dashboard.events.services import join_late_events
from dashboard.experiments.models import Assignment, Experiment
from dashboard.policies.models import Placement
from tests.api.conftest import event

pytestmark = pytest.mark.django_db


def merge(client, visitor, into):
    return client.post(f"/visitors/{visitor}/merge", {"into": into})


def visitors(model=Interaction):
    return sorted(model.objects.values_list("visitor_id", flat=True))


@pytest.fixture
def experiment(shop):
    placement = Placement.objects.create(shop=shop, slug="front", name="Front page")
    return Experiment.objects.create(shop=shop, placement=placement, name="More exploration", salt="salt")


@pytest.fixture
def behaviour(secret):
    secret.post(
        "/events",
        {
            "events": [
                event("a", visitor_id="anonymous", item_id="mug"),
                event("b", visitor_id="anonymous", type="view_item_list"),
                event("c", visitor_id="holly", item_id="jug"),
                event("d", visitor_id="else"),
            ]
        },
    )


def test_history_is_joined_and_joining_again_moves_nothing(secret, behaviour):
    first = merge(secret, "anonymous", "holly")
    assert first.json() == {
        "visitor_id": "holly", "interactions": 1, "impressions": 1, "exposures": 0, "assignments": 0
    }  # fmt: skip
    assert (visitors(), visitors(Impression)) == (["else", "holly", "holly"], ["holly"])
    assert merge(secret, "anonymous", "holly").json()["interactions"] == 0
    profile = secret.get("/visitors/holly").json()
    assert profile["interactions"] == 2


def test_a_resend_of_what_was_joined_is_still_a_duplicate(secret):
    sent = {"events": [event("a", visitor_id="anonymous", timestamp=clock.now().isoformat())]}
    secret.post("/events", sent)
    merge(secret, "anonymous", "holly")
    assert secret.post("/events", sent).json()["duplicates"] == 1
    assert visitors() == ["holly"]


def test_what_happened_before_and_arrives_later_is_joined_and_what_happens_later_is_not(secret, shop):
    before = (clock.now() - timedelta(minutes=5)).isoformat()
    merge(secret, "anonymous", "holly")
    after = (clock.now() + timedelta(seconds=2)).isoformat()
    late = event("late", visitor_id="anonymous", timestamp=before)
    secret.post("/events", {"events": [late, event("next", visitor_id="anonymous", timestamp=after)]})
    assert join_late_events(shop=shop) == 1
    assert dict(Interaction.objects.values_list("event_id", "visitor_id")) == {"late": "holly", "next": "anonymous"}


def test_chains_end_at_the_last_id_and_circles_are_broken(secret):
    merge(secret, "a", "b")
    merge(secret, "b", "c")
    assert dict(VisitorAlias.objects.values_list("visitor_id", "known_as")) == {"a": "c", "b": "c"}
    merge(secret, "c", "a")
    assert dict(VisitorAlias.objects.values_list("visitor_id", "known_as")) == {"b": "a", "c": "a"}


@pytest.mark.parametrize(("anonymous_first", "kept"), [(True, "B"), (False, "A")])
def test_the_earlier_assignment_is_kept(secret, experiment, anonymous_first, kept):
    now = clock.now()
    times = (now - timedelta(days=1), now) if anonymous_first else (now, now - timedelta(days=1))
    for visitor, variant, at in (("anonymous", "B", times[0]), ("holly", "A", times[1])):
        Assignment.objects.create(experiment=experiment, visitor_id=visitor, variant=variant, assigned_at=at)
    assert merge(secret, "anonymous", "holly").json()["assignments"] == 1
    assert list(Assignment.objects.values_list("visitor_id", "variant")) == [("holly", kept)]


def test_an_assignment_that_only_the_anonymous_visitor_had_goes_along(secret, experiment):
    Assignment.objects.create(experiment=experiment, visitor_id="anonymous", variant="B", assigned_at=clock.now())
    merge(secret, "anonymous", "holly")
    assert list(Assignment.objects.values_list("visitor_id", "variant")) == [("holly", "B")]


def test_the_next_slate_rests_on_both_histories(secret, behaviour, shop):
    secret.post("/items", {"items": [{"item_id": name, "title": name} for name in ("mug", "jug", "cup")]})
    slate = secret.post("/recommendations", {"placement": "home", "visitor_id": "anonymous"})
    assert slate.status_code == 200
    assert merge(secret, "anonymous", "holly").json()["exposures"] == 1
    assert visitors(Exposure) == ["holly"]
    export = secret.get("/visitors/holly/export").json()
    assert {row["item_id"] for row in export["interactions"]} == {"mug", "jug"}


def test_a_program_that_the_backend_told_of_is_merged_into_nobody(secret, shop, behaviour):
    BotVisitor.objects.create(shop=shop, visitor_id="anonymous", reason="rate", detail="99", found_at=clock.now())
    assert merge(secret, "anonymous", "holly").status_code == 409
    assert "anonymous" in visitors()


def test_the_backend_knows_better_than_a_stranger_who_called_the_visitor_a_program(secret, publishable, behaviour):
    crawler = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
    publishable.post("/events", {"events": [event("z", visitor_id="nobody-yet")]}, headers=crawler)
    assert merge(secret, "nobody-yet", "holly").status_code == 200
    assert not BotVisitor.objects.exists()


@pytest.mark.parametrize(("into", "status"), [("anonymous", 400), ("", 400), ("x" * 300, 400), ("a\x00b", 400)])
def test_an_id_that_cannot_be_is_refused(secret, into, status):
    assert merge(secret, "anonymous", into).status_code == status


def test_publishable_keys_merge_nobody(publishable):
    assert merge(publishable, "anonymous", "holly").status_code == 403


def test_another_shops_visitor_of_the_same_id_stays(secret, other_secret, behaviour):
    other_secret.post("/events", {"events": [event("a", visitor_id="anonymous")]})
    merge(secret, "anonymous", "holly")
    assert visitors().count("anonymous") == 1


def test_forgetting_a_visitor_forgets_its_other_ids(secret, behaviour):
    merge(secret, "anonymous", "holly")
    secret.delete("/visitors/holly")
    assert not VisitorAlias.objects.exists()
    assert visitors() == ["else"]
