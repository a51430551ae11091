"""forage.js in a page of another origin: consent, ids, and events that arrive once, whatever happens."""

import json

import pytest

from dashboard.events.models import EventKey, Interaction
from tests.browser.shop_site import placement

IDS = {"forage.visitor", "forage.session"}


def types():
    return sorted(Interaction.objects.values_list("type", flat=True))


def test_nothing_is_stored_and_no_behaviour_is_sent_before_consent(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", f'<main data-forage-view="teapot"></main>{placement()}'))
    shopper.shown()
    shopper.page.click(".card button")
    shopper.page.evaluate("forage.track('view_item', { item_id: 'mug-red' })")
    assert shopper.stored() == {}
    assert shopper.asked("events") == []
    (ask,) = shopper.asked("recommendations")
    assert not {"visitor_id", "session_id"} & set(json.loads(ask.post_data))


def test_consent_is_remembered_and_the_view_of_the_page_counts(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/product/teapot", '<main data-forage-view="teapot"></main>'))
    shopper.page.evaluate("forage.consent(true)")
    shopper.eventually(lambda: types() == ["view_item"])
    shopper.open(site.add("/product/whisk", '<main data-forage-view="whisk"></main>'))
    shopper.eventually(lambda: types() == ["view_item"] * 2)
    rows = Interaction.objects.all()
    assert {row.item_id for row in rows} == {"teapot", "whisk"}
    assert len({(row.visitor_id, row.session_id) for row in rows}) == 1
    assert all(len(row.visitor_id) == 36 for row in rows)


def test_revoked_consent_erases_the_ids_and_what_waits(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", "<main></main>"))
    shopper.page.evaluate("forage.consent(true); forage.track('view_item', { item_id: 'whisk' })")
    assert set(shopper.stored()) == IDS | {"forage.consent", "forage.queue"}
    shopper.page.evaluate("forage.consent(false)")
    assert shopper.stored() == {"forage.consent": "false"}
    shopper.page.reload()
    shopper.page.evaluate("forage.track('view_item', { item_id: 'whisk' })")
    assert shopper.stored() == {"forage.consent": "false"}
    assert types() == []


@pytest.mark.parametrize(
    "signal",
    [
        "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })",
        "Object.defineProperty(navigator, 'doNotTrack', { value: '1' })",
    ],
)
def test_the_browser_s_own_refusal_is_stronger_than_the_shop_s_setting(site, shoppers, signal):
    shopper = shoppers(before=signal)
    shopper.open(site.add("/", '<main data-forage-view="teapot"></main>' + placement(), consent="given"))
    shopper.shown()
    shopper.page.evaluate("forage.consent(true)")
    assert set(shopper.stored()) == {"forage.consent"}
    assert shopper.asked("events") == []


@pytest.mark.slow
def test_a_browser_without_storage_is_known_for_one_page(site, shoppers):
    denied = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied') } })"
    shopper = shoppers(before=denied)
    url = site.add("/", '<main data-forage-view="teapot"></main>', consent="given")
    shopper.open(url)
    shopper.eventually(lambda: types() == ["view_item"])
    shopper.page.evaluate("forage.track('add_to_wishlist', { item_id: 'teapot' })")
    shopper.eventually(lambda: len(types()) == 2)
    assert Interaction.objects.values("visitor_id").distinct().count() == 1


@pytest.mark.slow
def test_an_e_mail_address_is_never_taken_for_a_visitor(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", "", consent="given", visitor="holly@example.com"))
    shopper.page.evaluate("forage.track('view_item', { item_id: 'whisk' })")
    shopper.page.evaluate("forage.identify('customer-7'); forage.track('view_item', { item_id: 'bowl' })")
    shopper.eventually(lambda: len(types()) == 2)
    known = dict(Interaction.objects.values_list("item_id", "visitor_id"))
    assert len(known["whisk"]) == 36
    assert known["bowl"] == "customer-7"


def test_calls_before_the_script_is_there_are_kept(site, shoppers):
    early = """(window.forage = window.forage || []).push(['track', 'purchase',
        { order_id: 'o-1', currency: 'GBP', items: [{ item_id: 'bowl', quantity: 2, price: 12 }] }]);"""
    url = site.add("/thanks", "", consent="given", script=early)
    shopper = shoppers()
    shopper.open(url)
    shopper.eventually(lambda: types() == ["purchase"])
    shopper.page.reload()
    shopper.eventually(lambda: len(shopper.asked("events")) == 2 and shopper.stored().get("forage.queue") == "[]")
    row = Interaction.objects.get()
    assert (row.order_id, row.quantity, row.value) == ("o-1", 2, 24)


def test_a_page_of_an_app_that_changes_its_content_counts_each_product(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", '<main data-forage-view="teapot"></main>' + placement("product"), consent="given"))
    shopper.shown()
    with shopper.page.expect_response("**/recommendations*"):
        shopper.page.evaluate("""() => {
            history.pushState({}, '', '/product/whisk');
            document.querySelector('main').dataset.forageView = 'whisk';
        }""")
    shopper.eventually(lambda: types() == ["view_item"] * 2)
    asked = [json.loads(ask.post_data)["context_items"] for ask in shopper.asked("recommendations")]
    assert asked == [["teapot"], ["whisk"]]


def test_what_could_not_be_sent_is_sent_by_a_later_page(site, shop, shoppers):
    shopper = shoppers()
    product = '<main data-forage-view="teapot"></main>'
    shopper.open(site.add("/down", product, consent="given", api="http://localhost:9/api/v1/"))
    shopper.eventually(lambda: shopper.said)
    queued = json.loads(shopper.stored()["forage.queue"])
    shopper.open(site.add("/up", "", consent="given"))
    shopper.eventually(lambda: types() == ["view_item"])
    stored = Interaction.objects.filter(shop=shop).values_list("event_id", "type", "item_id")
    assert list(stored) == [(queued[0]["event_id"], "view_item", "teapot")]
    assert list(EventKey.objects.filter(shop=shop).values_list("event_id", flat=True)) == [queued[0]["event_id"]]


def test_an_event_whose_answer_was_lost_is_sent_again_and_stored_once(site, shoppers):
    shopper = shoppers()
    shopper.page.route("**/api/v1/events*", lambda route: (route.fetch(), route.abort()), times=1)
    shopper.open(site.add("/", '<main data-forage-view="teapot"></main>', consent="given"))
    shopper.eventually(lambda: shopper.stored().get("forage.queue") == "[]")
    sent = [json.loads(request.post_data)["events"][0]["event_id"] for request in shopper.asked("events")]
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert types() == ["view_item"]


@pytest.mark.slow
def test_a_visitor_who_comes_back_online_delivers_at_once_and_the_queue_is_bounded(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", "", consent="given"))
    shopper.page.context.set_offline(True)
    shopper.page.evaluate("for (let i = 0; i < 230; i++) forage.track('view_item', { item_id: `item-${i}` })")
    assert len(json.loads(shopper.stored()["forage.queue"])) == 200
    shopper.page.context.set_offline(False)
    shopper.eventually(lambda: len(types()) == 200)
    assert {f"item-{i}" for i in range(30, 230)} == set(Interaction.objects.values_list("item_id", flat=True))


def test_a_wrong_key_leaves_the_page_as_it_was(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", placement(), key="pk_wrong", consent="given"))
    shopper.shown("[data-forage-state=failed]")
    assert shopper.page.inner_text("section").strip() == "Our classics"
    assert any("Forage" in text for text in shopper.said)


def test_an_event_that_is_refused_is_told_to_the_developer_and_given_up(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", "", consent="given"))
    shopper.page.evaluate("forage.track('dance', { item_id: 'bowl' }); forage.track('view_item', { item_id: 'bowl' })")
    shopper.eventually(lambda: types() == ["view_item"])
    shopper.eventually(lambda: shopper.stored()["forage.queue"] == "[]")
    assert any("dance was refused" in text for text in shopper.said)


VIEWS = "for (const item_id of ['mug', 'bowl', 'poison', 'lamp', 'whisk']) forage.track('view_item', { item_id })"
GOOD = ["bowl", "lamp", "mug", "whisk"]


def items():
    return sorted(Interaction.objects.values_list("item_id", flat=True))


def test_of_events_with_half_an_emoji_only_those_are_lost(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", "", consent="given"))
    shopper.page.evaluate(VIEWS.replace("'poison'", "'tea \\ud83d'"))
    shopper.eventually(lambda: shopper.stored()["forage.queue"] == "[]")
    assert items() == GOOD
    assert any("item_id contains what is no character" in text for text in shopper.said)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 400, "json": {"error": {"code": "invalid", "message": "This is no JSON."}}},
        {"status": 413, "body": "<h1>Too large</h1>", "content_type": "text/html"},
    ],
    ids=["400", "413 of a proxy"],
)
def test_a_batch_that_is_refused_as_a_whole_costs_the_one_event_for_which_it_was(site, shoppers, answer):
    shopper = shoppers()
    headers = {"Access-Control-Allow-Origin": "*"}

    def judge(route):
        route.fulfill(**answer, headers=headers) if "poison" in route.request.post_data else route.continue_()

    shopper.page.route("**/api/v1/events*", judge)
    shopper.open(site.add("/", "", consent="given"))
    shopper.page.evaluate(VIEWS)
    shopper.eventually(lambda: shopper.stored()["forage.queue"] == "[]")
    assert items() == GOOD
    assert len(shopper.asked("events")) <= 8


def test_while_every_answer_is_a_server_error_nothing_is_lost(site, shoppers):
    shopper = shoppers()
    shopper.page.route("**/api/v1/events*", lambda route: route.fulfill(status=500, body="?"), times=2)
    shopper.open(site.add("/", "", consent="given"))
    shopper.page.evaluate(VIEWS)
    shopper.eventually(lambda: shopper.stored()["forage.queue"] == "[]")
    assert items() == [*GOOD[:3], "poison", "whisk"]
