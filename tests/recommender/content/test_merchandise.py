"""What a shop books like a product and does not sell."""

from collections import Counter

import pytest

from recommender.content.merchandise import ItemEvidence, ShopHabits, doubts, form_of, is_candidate

IDS = [f"{number}A" for number in range(10_000, 10_300)]


def habits(*more, **options):
    return ShopHabits(Counter(form_of(item_id) for item_id in [*IDS, *more]), **options)


def only(evidence, **options):
    found = doubts([evidence], habits(evidence.item_id, **options))
    return found[0] if found else None


@pytest.mark.parametrize(
    ("item_id", "title"),
    [
        ("POST", "POSTAGE"),
        ("C2", "Carriage"),
        ("M", "Manual"),
        ("VK", "Versandkosten"),
        ("P", "Frais de port"),
        ("Y", "运费"),
    ],
)
def test_a_service_word_and_an_id_of_its_own_are_enough(item_id, title):
    assert only(ItemEvidence(item_id, title)).is_sure


def test_prices_far_apart_make_it_sure_where_the_id_is_like_all_others():
    plain = ItemEvidence("10301A", "Dotcom postage", prices=40, price_low=15, price_high=20)
    assert not only(plain).is_sure
    assert only(ItemEvidence("10301A", "Dotcom postage", prices=40, price_low=15, price_high=60)).is_sure


@pytest.mark.parametrize(
    "title", ["Vintage postage scale", "Manual coffee grinder", "Credit card holder", "Red mug", "Delivery van toy", ""]
)
def test_goods_are_not_doubted_for_a_word_in_their_title(title):
    assert only(ItemEvidence("10301A", title, prices=40, price_low=4, price_high=6)) is None


def test_prices_alone_are_no_reason_to_ask():
    assert only(ItemEvidence("10301A", "Red mug", prices=40, price_low=1, price_high=30)) is None


def test_what_has_no_word_for_it_is_asked_about_and_never_left_out():
    odd = ItemEvidence("ADJ", "Stock take", prices=40, price_low=1, price_high=900, has_category=False)
    doubt = only(odd, sends_views=True, sorts=True)
    assert doubt.signs == ("id", "prices", "unseen", "uncategorised")
    assert not doubt.is_sure


def test_two_prices_say_nothing_of_their_spread():
    assert only(ItemEvidence("10301A", "Postage", prices=2, price_low=1, price_high=90)).signs == ("title",)


def test_the_surest_come_first():
    items = [ItemEvidence("10301A", "Postage"), ItemEvidence("POST", "Postage", 40, 1, 9)]
    assert [doubt.item_id for doubt in doubts(items, habits("10301A", "POST"))] == ["POST", "10301A"]


def test_only_what_shows_a_sign_is_looked_up_in_the_sales():
    assert is_candidate("POST", "A mug", habits("POST"))
    assert is_candidate("10301A", "Carriage", habits())
    assert not is_candidate("10301A", "A mug", habits())
