"""What a page tells of why an item is shown is what happens when that reason is gone from the database."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.core import clock
from dashboard.events.models import Exposure, Interaction
from dashboard.policies.selectors import published_policy
from dashboard.serving import shop_stats
from dashboard.serving.interests_over_time import change_sentence, interests_figure, periods_of
from dashboard.serving.request_context import contexts_without_each, read_request_context
from dashboard.serving.types import SlateRequest
from dashboard.serving.why import Without, why_of
from dashboard.serving.why_words import sentence
from dashboard.training.models import Artifact, Run
from tests.api.conftest import secret  # noqa: F401
from tests.recommender.serving.garden import ITEMS_OF_A_TASTE, TASTES, THEMES, item
from tests.serving.conftest import add_item, ask, ids, send, set_policy
from tests.serving.test_fatigue import click, see, tires

KNOBS = {"exploration": 0.0, "diversity": 0.3, "calibration": 0.2, "novelty": 0.1, "fatigue": 1.0}
DEEDS = [  # oldest first
    ("0-3", "view_item"),
    ("1-1", "view_item"),
    ("1-2", "purchase"),
    ("1-4", "add_to_cart"),
    ("2-5", "view_item"),
    ("1-1", "view_item"),
    ("1-6", "add_to_wishlist"),
]


@pytest.fixture
def garden(catalog, model_folder):
    """A shop whose model knows all of its items."""
    for taste in range(TASTES):
        for number in range(ITEMS_OF_A_TASTE):
            title = f"{THEMES[taste]} pot {number}"
            add_item(catalog, item(taste, number), title=title, categories=[THEMES[taste]], brand=f"B{number % 3}")
    run = Run.objects.create(shop=catalog, state="published", trigger="manual")
    Artifact.objects.create(shop=catalog, run=run, version=1, path=str(model_folder), is_active=True)
    shop_stats.forget(catalog.pk)
    set_policy(catalog, **KNOBS)
    return catalog


def did(shop, visitor_id, deeds, minutes_apart=7):
    for place, (item_id, kind) in enumerate(deeds):
        ago = timedelta(minutes=minutes_apart * (len(deeds) - place))
        send(shop, visitor_id, item_id, kind, timestamp=(clock.now() - ago).isoformat())


@pytest.fixture
def ivy(garden):
    did(garden, "ivy", DEEDS)
    return garden


@contextmanager
def gone(ids_of_rows):
    """These rows are not in the database, for the time of a block."""
    rows = list(Interaction.objects.filter(pk__in=ids_of_rows))
    assert len(rows) == len(set(ids_of_rows))
    Interaction.objects.filter(pk__in=ids_of_rows).delete()
    yield
    Interaction.objects.bulk_create(rows)


def assert_told(one, slate):
    """Positions and scores of a slate that was made are those that were told of it."""
    assert one.lineup.positions == {entry.item_id: entry.position for entry in slate.items}
    told = {entry.item_id: one.lineup.scores[entry.item_id] for entry in slate.items}
    assert told == pytest.approx({entry.item_id: entry.score for entry in slate.items}, abs=2e-6)


@pytest.mark.parametrize("slug", ["home", "email"])
def test_what_is_told_of_each_interaction_is_what_happens_without_it(ivy, slug):
    set_policy(ivy, slug, **KNOBS)
    found = why_of(ivy, slug, "ivy", draw=1)
    assert [one.cause[0][1:3] for one in found.interactions] == DEEDS
    assert_told(Without(None, found.whole), ask(ivy, slug, visitor_id="ivy"))
    moved = 0
    for one in found.interactions:
        with gone([deed.id for deed in one.cause]):
            assert_told(one, ask(ivy, slug, visitor_id="ivy"))
        moved += one.lineup.positions != found.whole.positions
    assert moved >= 3


def test_an_item_that_was_bought_or_lies_in_the_cart_comes_back_without_that(ivy):
    found = why_of(ivy, "home", "ivy", draw=1)
    for bought in ("1-2", "1-4"):
        assert bought not in found.whole.scores
        (without,) = [one for one in found.interactions if one.cause[0].item_id == bought]
        assert bought in without.lineup.scores


def test_all_that_was_done_with_an_item_is_left_out_together(ivy):
    found = why_of(ivy, "home", "ivy", draw=1)
    assert {one.cause[0].item_id for one in found.items} == {item_id for item_id, _ in DEEDS}
    (twice,) = [one for one in found.items if len(one.cause) == 2]
    with gone(list(Interaction.objects.filter(item_id="1-1").values_list("pk", flat=True))):
        assert_told(twice, ask(ivy, visitor_id="ivy"))


def test_an_older_interaction_takes_the_place_of_one_that_is_left_out(garden):
    did(garden, "fan", [(item(place % 3, place % 10), "view_item") for place in range(56)], minutes_apart=3)
    found = why_of(garden, "home", "fan", draw=1)
    assert len(found.interactions) == 50
    for one in (found.interactions[0], found.interactions[31], found.interactions[-1], found.items[-1]):
        with gone([deed.id for deed in one.cause]):
            assert_told(one, ask(garden, visitor_id="fan"))


def test_beside_a_product_it_is_told_of_the_slates_beside_that_product(ivy):
    set_policy(ivy, "product", **KNOBS)
    found = why_of(ivy, "product", "ivy", draw=1)
    assert found.context.request.context_items == ("1-6",)
    one = found.interactions[2]
    with gone([one.cause[0].id]):
        assert_told(one, ask(ivy, "product", visitor_id="ivy", context_items=("1-6",)))


def test_without_the_click_an_item_counts_as_shown_and_left(ivy):
    tires(ivy, 0.9)
    first = ask(ivy, visitor_id="ivy", n=4)
    see(ivy, first, "ivy")
    click(ivy, first, "ivy", ids(first)[0])
    context = read_request_context(SlateRequest(shop=ivy, placement="home", visitor_id="ivy"))
    assert ids(first)[0] not in context.left
    *_, (deeds, without) = [pair for pair in contexts_without_each(context) if pair[0][0].type == "select_item"]
    assert ids(first)[0] in without.left
    (told,) = [one for one in why_of(ivy, "home", "ivy", draw=1).interactions if one.cause == deeds]
    with gone([deeds[0].id]):
        assert_told(told, ask(ivy, visitor_id="ivy"))


def test_where_a_rule_shows_a_few_items_alone_it_holds_too(ivy):
    set_policy(ivy, rules=[{"kind": "include_only", "match": {"category": "Fern"}}], **KNOBS)
    found = why_of(ivy, "home", "ivy", draw=1)
    assert found.sources
    for one in found.interactions[1:3]:
        with gone([one.cause[0].id]):
            assert_told(one, ask(ivy, visitor_id="ivy"))


def test_every_model_that_has_a_say_is_left_out_once(ivy):
    found = why_of(ivy, "home", "ivy", draw=1)
    assert [one.cause for one in found.sources] == list(found.context.model.recommender.heard)
    assert all(one.lineup.scores != found.whole.scores for one in found.sources)


def test_what_is_told_of_a_rule_and_a_knob_is_what_happens_without_it(ivy):
    lift = {"kind": "boost", "match": {"category": "Cactus"}, "strength": 0.7}
    pin = {"kind": "pin", "match": {"item_id": "0-9"}, "position": 2}
    set_policy(ivy, rules=[lift, pin], **KNOBS)
    found = why_of(ivy, "home", "ivy", draw=1)
    assert [one.cause.kind for one in found.rules] == ["boost", "pin"]
    set_policy(ivy, rules=[pin], **KNOBS)
    assert_told(found.rules[0], ask(ivy, visitor_id="ivy"))
    set_policy(ivy, rules=[lift, pin], **{**KNOBS, "diversity": 0.0})
    (diversity,) = [one for one in found.knobs if one.cause == "diversity"]
    assert_told(diversity, ask(ivy, visitor_id="ivy"))
    (pinned,) = [one for one in found.of_items if one.slot.item_id == "0-9"]
    assert sentence(found, pinned, {}) == "A rule pins it here, whatever they did."


def test_the_first_words_are_of_what_the_visitor_did(ivy):
    found = why_of(ivy, "home", "ivy", draw=1)
    said = [sentence(found, one, {"1-2": "Fern pot 2"}) for one in found.of_items]
    assert any(words.startswith("Because they ") for words in said)
    assert any("they bought “Fern pot 2”" in words for words in said)
    assert any("it would stand at" in words or "it would not be shown" in words for words in said)
    assert all(said)


def test_what_exploration_did_is_told_beside(ivy):
    set_policy(ivy, **{**KNOBS, "exploration": 1.0})
    found = [why_of(ivy, "home", "ivy", draw=draw) for draw in range(1, 5)]
    assert all(why.whole.positions == found[0].whole.positions for why in found), "chance is no cause"
    said = [sentence(why, one, {}) for why in found for one in why.of_items]
    assert any("Exploration brings it here." in words or "Exploration lifts it from" in words for words in said)


def test_fifty_histories_are_read_together(garden):
    did(garden, "fan", [(item(place % 3, place % 10), "view_item") for place in range(50)], minutes_apart=3)
    with CaptureQueriesContext(connection) as asked:
        assert len(why_of(garden, "home", "fan", draw=1).interactions) == 50
    assert sum("events_interaction" in query["sql"] for query in asked.captured_queries) <= 6


def test_of_whom_nothing_is_known_nothing_is_told_but_what_the_shop_does(garden):
    found = why_of(garden, "home", "nobody", draw=1)
    assert found.interactions == [] and found.sources == []
    assert all(sentence(found, one, {}) for one in found.of_items)


def test_looking_for_reasons_logs_nothing(client, ivy, owner):
    client.force_login(owner)
    fragment = reverse("serving:visitor-why", args=[ivy.slug, "ivy"])
    html = client.get(fragment, {"placement": "home", "draw": "5"}, headers={"HX-Request": "true"}).content.decode()
    assert "Because they " in html
    assert "As it is" in html
    assert "<html" not in html
    assert "<html" in client.get(fragment).content.decode(), "a page of its own without scripts"
    assert fragment in client.get(reverse("serving:visitor", args=[ivy.slug, "ivy"])).content.decode()
    assert client.get(fragment, {"placement": "no-such"}).status_code == 404
    assert not Exposure.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="visitor").exists()


def test_the_api_tells_the_same(ivy, secret):  # noqa: F811
    found = why_of(ivy, "home", "ivy", draw=3)
    answer = secret.get("/visitors/ivy/why?placement=home&draw=3").json()
    assert answer["interactions"] == len(DEEDS)
    assert [row["item_id"] for row in answer["items"]] == [slot.item_id for slot in found.slate.items]
    first, told = found.of_items[0], answer["items"][0]
    assert told["without_exploration"]["position"] == first.stand.position
    assert [row["without"]["rank"] for row in told["interactions"]] == [one.without.rank for one in first.interactions]
    assert {row["source"] for row in told["sources"]} <= set(found.context.model.recommender.heard)
    assert told["sentence"]
    assert secret.get("/visitors/nobody/why?placement=home").status_code == 404
    assert secret.get("/visitors/ivy/why?placement=no-such").status_code == 404
    assert secret.get("/visitors/ivy/why").status_code == 400
    assert secret.get("/visitors/ivy/why?placement=home&seed=3").status_code == 400


def test_interests_are_told_month_by_month(garden):
    for days, taste in ((200, 0), (199, 0), (120, 0), (60, 2), (59, 2), (2, 2), (1, 2)):
        moment = (clock.now() - timedelta(days=days)).isoformat()
        send(garden, "gardener", item(taste, days % 10), timestamp=moment)
    context = read_request_context(SlateRequest(shop=garden, placement="", visitor_id="gardener"))
    periods = periods_of(context)
    assert 4 <= len(periods) <= 6
    whole = context.model.recommender.profile(context.history).segment_probabilities
    assert periods[-1].shares == pytest.approx(whole), "the last is what stands under interests now"
    assert periods[0].shares != pytest.approx(whole)
    assert sum(periods[0].shares.values()) == pytest.approx(1.0)
    names = dict.fromkeys(whole, "Ferns")
    assert change_sentence(periods, names).startswith("Mostly Ferns")


def test_a_past_of_some_days_is_told_by_days_and_one_day_is_no_history(garden):
    send(garden, "new", item(1, 2))
    context = read_request_context(SlateRequest(shop=garden, placement="", visitor_id="new"))
    assert len(periods_of(context)) == 1
    assert interests_figure(garden, periods_of(context)) is None
    send(garden, "new", item(1, 3), timestamp=(clock.now() - timedelta(days=3)).isoformat())
    assert len(periods_of(context)) == 2


def test_the_policy_is_the_one_that_the_visitor_meets(ivy):
    found = why_of(ivy, "home", "ivy", draw=1)
    assert found.slate.policy.version == published_policy(shop_id=ivy.pk, slug="home").policy.version
