"""How visitors tire is learned from what was rendered, clicked and left, of each placement its own."""

import datetime

import pytest

from dashboard.beliefs.models import PlacementBelief
from dashboard.beliefs.selectors import fatigue_of
from dashboard.beliefs.services import learn_anew
from dashboard.core import clock
from dashboard.events.models import BotVisitor
from recommender.beliefs import Fatigue
from tests.beliefs.behaviour import behave

pytestmark = pytest.mark.django_db


def test_each_placement_has_its_own_curve(shop):
    behave(shop, {"home": 0.4, "product": 0.0})
    assert learn_anew(shop=shop) == 2
    home, product = fatigue_of(shop.pk, "home"), fatigue_of(shop.pk, "product")
    assert home.interval[0] < 0.4 < home.interval[1] and home.interval[0] > 0.1
    assert product.factor(4.0) > 0.85 and product.interval[0] == 0.0
    row = PlacementBelief.objects.get(shop=shop, placement="home")
    assert row.expectation["rates"][0] == pytest.approx(0.25, rel=0.2)  # of those who had not been shown it before


def test_bots_and_other_shops_teach_nothing(shop, other_shop):
    behave(shop, {"home": 0.4}, visitors=20)
    now = clock.now()
    BotVisitor.objects.bulk_create(
        BotVisitor(shop=shop, visitor_id=f"v{number}", reason="agent", detail="bot", found_at=now)
        for number in range(20)
    )
    assert learn_anew(shop=shop) == learn_anew(shop=other_shop) == 0
    assert fatigue_of(shop.pk, "home") == Fatigue()


def test_a_placement_that_shows_nothing_any_more_is_forgotten(shop):
    behave(shop, {"home": 0.4}, visitors=20)
    learn_anew(shop=shop)
    learn_anew(shop=shop, now=clock.now() + datetime.timedelta(days=60))
    assert not PlacementBelief.objects.filter(shop=shop).exists()
