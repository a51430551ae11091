"""Two policies that make slates together: what counts as a choice, what it says, and its page and API."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.urls import reverse

from dashboard.accounts.services import issue_key
from dashboard.core import clock, errors
from dashboard.events.models import Exposure, Interaction
from dashboard.experiments.models import DailyMoment, Experiment, InterleavedDay
from dashboard.experiments.selectors import plan_for, preferences_of, register_of, screening_for, trial_on
from dashboard.experiments.services import refresh_moments, ship_experiment, stop_experiment
from tests.api.conftest import ApiClient
from tests.experiments.test_planning import visits
from tests.experiments.world import START

pytestmark = pytest.mark.django_db
TEAMS = {"a1": "A", "a2": "A", "b1": "B", "b2": "B", "pin": ""}
SHOWN = ["a1", "b1", "pin", "b2", "a2"]


@pytest.fixture
def both(running):
    running.is_interleaved = True
    running.started_at, running.planned_visitors = START, 1000
    running.save()
    return running


def slate(experiment, number, visitor, at=START):
    items = [
        {"item_id": item, "position": place, **({"team": TEAMS[item]} if TEAMS[item] else {})}
        for place, item in enumerate(SHOWN, start=1)
    ]
    return Exposure.objects.create(
        recommendation_id=UUID(int=number), shop=experiment.shop, placement="front", visitor_id=visitor, served_at=at,
        policy_version=1, policy_hash="", experiment_id=experiment.pk, variant="A+B", temperature=0, seed=0,
        items=items,
    )  # fmt: skip


def act(served, kind, item, minutes, *, of_slate=True, event=""):
    Interaction.objects.create(
        shop_id=served.shop_id, event_id=event or f"{kind}-{served.pk.int}-{item}-{minutes}", type=kind,
        visitor_id=served.visitor_id, item_id=item, timestamp=served.served_at + timedelta(minutes=minutes),
        received_at=served.served_at, recommendation_id=served.pk if of_slate else None,
    )  # fmt: skip


def test_a_choice_is_what_a_hand_counts(both):
    """Ann clicks a1 twice and b1 and b2 once: B. Bob clicks a1: A, and buys it a day later but for a minute. Cid clicks
    one of each. Dan clicks the pin. Eve clicks after her week. Fay, of the next day, clicks b1 outside of the slate."""
    ann, ann_again = slate(both, 1, "ann"), slate(both, 2, "ann", START + timedelta(hours=3))
    act(ann, "select_item", "a1", 1)
    act(ann, "select_item", "a1", 2)
    act(ann, "select_item", "b1", 3)
    act(ann_again, "select_item", "b2", 4)
    act(ann, "purchase", "b1", 5, of_slate=False)
    bob = slate(both, 3, "bob")
    act(bob, "select_item", "a1", 1)
    act(bob, "purchase", "a1", 24 * 60, of_slate=False)
    cid = slate(both, 4, "cid")
    act(cid, "select_item", "a2", 1)
    act(cid, "select_item", "b2", 2)
    act(cid, "purchase", "a2", 24 * 60 + 1, of_slate=False)
    dan = slate(both, 5, "dan")
    act(dan, "select_item", "pin", 1)
    eve = slate(both, 6, "eve")
    act(eve, "select_item", "b1", 7 * 24 * 60)
    fay = slate(both, 7, "fay", START + timedelta(days=1))
    act(fay, "select_item", "b1", 1, of_slate=False)
    refresh_moments(both, now=START + timedelta(days=9))
    rows = {(row.day.isoformat(), row.credit): row for row in InterleavedDay.objects.all()}
    clicks, bought = rows["2026-10-01", "clicks"], rows["2026-10-01", "purchases"]
    assert (clicks.visitors, clicks.slates, clicks.for_a, clicks.for_b) == (5, 6, 1, 1)
    assert (clicks.items_a, clicks.items_b) == (3, 3)  # a1, a1, a2; b1, b2, b2
    assert (bought.for_a, bought.for_b, bought.items_a, bought.items_b) == (1, 1, 1, 1)
    assert (rows["2026-10-02", "clicks"].visitors, rows["2026-10-02", "clicks"].for_b) == (1, 0)
    assert not DailyMoment.objects.filter(experiment=both).exists(), "nobody has a variant"


def test_refreshing_twice_changes_nothing(both):
    act(slate(both, 1, "ann"), "select_item", "b1", 1)
    for _ in range(2):
        refresh_moments(both, now=START + timedelta(days=1))
    assert InterleavedDay.objects.filter(credit="clicks").get().for_b == 1


def chose(experiment, for_a, for_b, visitors=500, credit="clicks", day=START):
    InterleavedDay.objects.create(
        experiment=experiment, day=day.date(), credit=credit, visitors=visitors, slates=2 * visitors, for_a=for_a,
        for_b=for_b, items_a=for_a, items_b=for_b,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("for_a", "for_b", "visitors", "state", "word"),
    [
        (0, 0, 0, "early", "Waiting for visitors"),
        (5, 9, 500, "early", "Not enough data yet"),
        (40, 52, 500, "early", "Too early to say"),
        (40, 52, 1000, "even", "No clear preference"),
        (40, 160, 500, "preferred", "Visitors prefer B"),
        (160, 40, 500, "preferred", "Visitors prefer A"),
    ],
)
def test_the_verdict_names_whom_visitors_prefer(both, for_a, for_b, visitors, state, word):
    if visitors:
        chose(both, for_a, for_b, visitors)
    verdict = preferences_of(both).verdict
    assert (verdict.state, verdict.word) == (state, word)


def test_purchases_that_say_the_opposite_are_told(both):
    chose(both, 40, 160)
    chose(both, 90, 10, credit="purchases")
    assert "do not trust the clicks" in preferences_of(both).verdict.because


def test_the_days_add_up(both):
    chose(both, 10, 30)
    chose(both, 12, 40, day=START + timedelta(days=1))
    found = preferences_of(both)
    assert (found.visitors, found.clicks.for_a, found.clicks.for_b) == (1000, 22, 70)
    assert [(day.clicks.for_a, day.clicks.for_b) for day in found.days] == [(10, 30), (22, 70)]


def test_the_placement_says_when_enough_visitors_have_chosen(both):
    """A thousand are planned; a hundred came today, of whom thirty chose."""
    both.started_at = clock.now() - timedelta(hours=20)
    both.save()
    chose(both, 10, 20, visitors=100, day=clock.now())
    trial = trial_on(both.placement)
    assert not trial.is_complete
    assert trial.ends_on == clock.today_in(both.shop.timezone) + timedelta(days=preferences_of(both).days_left)
    chose(both, 10, 20, visitors=900, day=clock.now() - timedelta(days=1))
    assert trial_on(both.placement).is_complete


def test_it_says_how_many_slates_it_needs_beside_an_ab_test(home):
    visits(home, 280)
    at = clock.now() - timedelta(days=9)
    for number in range(56):
        Interaction.objects.create(
            shop=home.shop, event_id=f"click-{number}", type="select_item", visitor_id=f"v{number}", item_id="i1",
            timestamp=at + timedelta(hours=1), received_at=at, recommendation_id=UUID(int=number + 1),
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_interaction")
    found = screening_for(home, change=0.2)
    assert found.is_measured and found.change == 0.2
    assert found.visitors == pytest.approx(found.preferring / 0.2, abs=5), "one in five clicks"
    assert found.slates == found.visitors, "each saw one"
    beside = plan_for(home, metric="click_through", change=0.2)
    assert found.ab_visitors == beside.aim.visitors
    assert screening_for(home, change=0.5).slates < found.slates / 4


def test_it_is_not_shipped_and_not_in_the_register(both):
    chose(both, 40, 160)
    with pytest.raises(errors.Conflict):
        ship_experiment(experiment=both, by=None)
    both.refresh_from_db()
    stop_experiment(experiment=both, by=None)
    assert register_of(both.shop).entries == []


@pytest.fixture
def signed_in(client, owner):
    client.force_login(owner)
    return client


def address(name, shop, *more):
    return reverse(f"experiments:{name}", args=[shop.slug, *more])


def test_it_begins_from_the_form_and_its_page_tells_what_was_chosen(signed_in, home):
    shop = home.shop
    sent = {"placement": "front", "exploration": "0.4", "method": "interleave", "revision": "0"}
    assert signed_in.post(address("create", shop), sent).status_code == 302
    made = Experiment.objects.get()
    assert (made.state, made.is_interleaved) == ("running", True)
    assert "Waiting for visitors" in signed_in.get(address("detail", shop, made.pk)).content.decode()
    chose(made, 40, 160)
    page = signed_in.get(address("detail", shop, made.pk)).content.decode()
    assert "Visitors prefer B" in page and "80.0%" in page
    assert "exploration=0.4" in page, "the A/B test that follows begins with the same B"
    assert "Visitors prefer B" in signed_in.get(address("index", shop)).content.decode()
    form = signed_in.get(address("new", shop), {"placement": "front", "method": "interleave"}).content.decode()
    assert "An A/B test of clicks needs" in form


def test_the_api_tells_it_too(client, home):
    secret = ApiClient(client, issue_key(shop=home.shop, kind="sk").plain)
    body = {"placement": "front", "knobs": {"exploration": 0.4}, "is_interleaved": True}
    made = secret.post("/experiments", body).json()
    assert made["is_interleaved"] is True
    assert secret.post(f"/experiments/{made['id']}/start").status_code == 200
    chose(Experiment.objects.get(), 40, 160)
    told = secret.get(f"/experiments/{made['id']}/results").json()
    assert told["verdict"]["state"] == "preferred"
    clicks = told["interleaving"]["clicks"]
    assert (clicks["for_b"], clicks["share"]) == (160, 0.8) and clicks["interval"][0] > 0.5
    split = secret.post("/experiments", {**body, "is_interleaved": False}).json()
    assert secret.get(f"/experiments/{split['id']}/results").json()["interleaving"] is None
