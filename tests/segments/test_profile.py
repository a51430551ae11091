"""Every figure of a segment's page, counted anew from the rows of a small cast."""

import math
import statistics
from collections import Counter
from datetime import timedelta
from itertools import combinations

import pytest

from dashboard.catalog.models import Item
from dashboard.events.models import BotVisitor, Exposure, Interaction, Privacy
from dashboard.segments import selectors, services
from dashboard.segments.estimates import Estimate
from dashboard.segments.figures import WINDOW, sum_due_figures, sum_figures
from dashboard.segments.models import SegmentFigures
from dashboard.segments.profile import profile_of, profiles
from dashboard.segments.profile_parts import Breadth
from recommender.statistics import rate_ratios
from tests.segments.cast import ITEMS, NOW, ZONE, month_of

SURE = pytest.approx


def told(cast, number=1):
    return profile_of(cast.shop, selectors.segment(cast.shop, number))


def half_width(values):
    return 1.959964 * statistics.stdev(values) / math.sqrt(len(values))


@pytest.mark.parametrize("number", [1, 2])
def test_worth_is_what_members_bought_for(cast, number):
    worth, members = told(cast, number).worth, cast.members(number)
    orders, everyones = cast.orders(members), cast.orders(cast.visitors)
    spent = [float(sum(orders[visitor].values())) for visitor in members]
    all_spent = float(sum(sum(own.values()) for own in everyones.values()))
    count = sum(len(own) for own in orders.values())
    assert (worth.members, worth.orders, worth.spent) == (len(members), count, SURE(sum(spent)))
    assert worth.revenue_share == SURE(sum(spent) / all_spent)
    assert worth.spent_each.value == SURE(statistics.mean(spent))
    assert worth.spent_each.high - worth.spent_each.value == SURE(half_width(spent))
    assert worth.usual_each == SURE(all_spent / len(cast.visitors))
    assert worth.bought.value == SURE(sum(1 for own in orders.values() if own) / len(members))
    assert worth.basket == SURE(sum(spent) / count)


def test_what_is_sent_back_and_the_days_between_orders(cast):
    worth, members = told(cast).worth, cast.members(1)
    kinds = Counter(row["type"] for row in cast.of(members) if not row["low_trust"])
    assert worth.returned_share == SURE(kinds["refund"] / kinds["purchase"])
    gaps = []
    for visitor, own in cast.orders(members).items():
        bought = [r for r in cast.of({visitor}) if r["type"] == "purchase" and not r["low_trust"]]
        moments = [row["timestamp"] for row in bought]
        if len(own) > 1:
            gaps.append((max(moments) - min(moments)) / timedelta(days=1) / (len(own) - 1))
    assert worth.days_between == SURE(statistics.median(gaps))


def test_months_tell_who_came_and_what_was_bought(cast):
    members = cast.members(1)
    for month in told(cast).months:
        key = (month.first_day.year, month.first_day.month)
        came = {row["visitor_id"] for row in cast.of(members) if month_of(row) == key}
        everyone = {row["visitor_id"] for row in cast.rows if month_of(row) == key}
        orders = cast.orders(members, key)
        assert month.visitors == (len(came) if len(came) >= 3 else None)
        assert month.visitor_share == (SURE(len(came) / len(everyone)) if len(came) >= 3 else None)
        spent = float(sum(sum(own.values()) for own in orders.values()))
        assert month.spent == (SURE(spent) if len(orders) >= 3 else None)
    assert sum(month.spent or 0 for month in told(cast).months) == SURE(told(cast).worth.spent, rel=0.2)


def shares(cast, visitors, has, known=lambda item: True):
    """Of each visitor the share of the items that have it."""
    touched = cast.touched(visitors).values()
    of = [[item for item in items if known(item)] for items in touched]
    return [sum(map(has, items)) / len(items) for items in of if items]


def test_categories_weigh_every_member_alike(cast):
    found = {label.label: label for label in told(cast).categories}
    assert set(found) >= {"Garden", "Sale"}
    for name, label in found.items():
        own, usual = (
            shares(cast, visitors, lambda item, name=name: name in ITEMS[item]["categories"])
            for visitors in (cast.members(1), cast.visitors)
        )
        assert label.share.value == SURE(statistics.mean(own))
        assert label.share.high - label.share.value == SURE(half_width(own))
        assert label.usual == SURE(statistics.mean(usual))
        assert label.times.value == SURE(statistics.mean(own) / statistics.mean(usual))
        assert label.visitors == sum(share > 0 for share in own)
    assert told(cast).categories[0].label == "Garden"
    assert told(cast).categories[0].times.low > 1


def test_brands_are_of_items_whose_brand_is_known(cast):
    for label in told(cast).brands:
        own = shares(
            cast,
            cast.members(1),
            lambda item, label=label: ITEMS[item]["brand"] == label.label,
            known=lambda item: ITEMS[item]["brand"],
        )
        assert label.share.value == SURE(statistics.mean(own))
    assert {label.label for label in told(cast).brands} == {"Fern", "Oak"}


def test_bands_of_prices_hold_what_lies_between_their_edges(cast):
    bands = told(cast).prices
    assert bands[0].low is None
    assert bands[-1].high is None
    for band in bands:
        low, high = band.low or 0, band.high or math.inf
        own = shares(
            cast,
            cast.members(1),
            lambda item, low=low, high=high: low <= ITEMS[item]["price"] < high,
            known=lambda item: ITEMS[item]["price"] is not None,
        )
        assert band.share.value == SURE(statistics.mean(own))
    assert sum(band.usual for band in bands) == SURE(1)


@pytest.mark.parametrize(
    ("name", "of"), [("hours", lambda at: at.hour), ("weekdays", lambda at: at.isoweekday())], ids=["hours", "weekdays"]
)
def test_hours_and_weekdays_are_the_shops(cast, name, of):
    def counted(visitors):
        return Counter(of(row["timestamp"].astimezone(ZONE)) for row in cast.of(visitors))

    own, usual = counted(cast.members(1)), counted(cast.visitors)
    for moment in getattr(told(cast), name):
        came = {
            row["visitor_id"]
            for row in cast.of(cast.members(1))
            if of(row["timestamp"].astimezone(ZONE)) == moment.place
        }
        expected = own[moment.place] / own.total() if len(came) >= 3 else None
        assert moment.share == (None if expected is None else SURE(expected))
        assert moment.usual == SURE(usual[moment.place] / usual.total())


def kinds_among_five(items):
    """Exactly: the mean over all ways to draw five of them."""
    first = [ITEMS[item]["categories"][0] for item in sorted(items)]
    return statistics.mean(len(set(drawn)) for drawn in combinations(first, 5))


def test_breadth_is_the_number_of_kinds_among_five_items_drawn_at_random(cast):
    breadth = told(cast).breadth
    own, usual = (
        [kinds_among_five(items) for items in cast.touched(visitors).values() if len(items) >= 5]
        for visitors in (cast.members(1), cast.visitors)
    )
    assert breadth.visitors == len(own)
    assert breadth.kinds.value == SURE(statistics.mean(own))
    assert breadth.kinds.high - breadth.kinds.value == SURE(half_width(own))
    assert breadth.usual == SURE(statistics.mean(usual))
    for low, share, everyones in breadth.bins:
        high = math.inf if low == 4.5 else low + 0.5 - 1e-9
        inside = sum(low - 1e-9 <= kinds < high for kinds in own)
        assert share == (None if 0 < inside < 3 else SURE(inside / len(own)))
        assert everyones == SURE(sum(low - 1e-9 <= kinds < high for kinds in usual) / len(usual))


@pytest.mark.parametrize(
    ("low", "high", "leaning"), [(3.1, 3.6, "explorers"), (2.2, 2.9, "specialists"), (2.9, 3.2, "usual")]
)
def test_explorers_and_specialists_differ_from_the_shop_beyond_chance(low, high, leaning):
    assert Breadth(40, Estimate((low + high) / 2, low, high), 3.0, []).leaning == leaning


def window_counts(cast, number, back):
    touched = cast.touched(cast.members(number), NOW - (back + 1) * WINDOW, NOW - back * WINDOW)
    return Counter(item for items in touched.values() for item in items), len(touched)


def test_items_of_now_are_those_that_most_active_members_chose(cast):
    now, active = window_counts(cast, 2, 0)
    everyones = cast.touched(cast.visitors, NOW - WINDOW)
    all_now = Counter(item for items in everyones.values() for item in items)
    for row in told(cast, 2).chosen:
        assert row.visitors == now[row.item_id] >= 3
        assert row.share == SURE(now[row.item_id] / active)
        assert row.times == SURE(row.share / (all_now[row.item_id] / len(everyones)))
    most = [row.visitors for row in told(cast, 2).chosen]
    assert most == sorted(most, reverse=True)
    assert most[0] == max(now.values())


def test_rising_items_are_those_whose_rate_surely_rose(cast):
    (now, active), (before, active_before) = window_counts(cast, 2, 0), window_counts(cast, 2, 1)
    items = sorted(item for item in now | before if (now + before)[item] >= 3)
    ratios = rate_ratios([now[i] for i in items], [before[i] for i in items], active, active_before)
    known = dict(zip(items, zip(ratios.ratio_I, ratios.low_I, ratios.high_I, strict=True), strict=True))
    found = told(cast, 2).rising
    assert {row.item_id for row in found} <= {"to-0", "to-1", "to-2"}
    assert found
    for row in found:
        assert (row.ratio.value, row.ratio.low, row.ratio.high) == SURE(known[row.item_id], abs=0.001)


def test_overlap_counts_who_belongs_to_both(cast):
    belong = {n: {v for v, own in cast.memberships.items() if own.get(n, 0) >= 0.25} for n in (1, 2)}
    (other,) = [row for row in told(cast).others if row.segment.number == 2]
    both = len(belong[1] & belong[2])
    assert (other.visitors, other.share) == (both, SURE(both / len(belong[1])))
    leaning = [cast.memberships[visitor].get(2, 0) for visitor in cast.members(1)]
    assert other.leaning == SURE(statistics.mean(leaning), abs=1e-3)


def test_certainty_is_told_by_the_probabilities_of_members(cast):
    own = [cast.memberships[visitor][1] for visitor in cast.members(1)]
    certainty = told(cast).certainty
    assert certainty.mean == SURE(statistics.mean(own), abs=1e-6)
    assert certainty.clearly == SURE(sum(share >= 0.8 for share in own) / len(own))
    hardly = sum(share < 0.5 for share in own)
    assert certainty.hardly == (None if 0 < hardly < 3 else SURE(hardly / len(own)))


def test_slates_are_told_by_placement_with_clicks_as_daily_sums_count_them(cast):
    (home,) = told(cast).placements  # cart was shown to too few
    slates = [s for s in cast.slates if s["placement"] == "home" and s["served_at"] > NOW - WINDOW]
    clicked = Counter(
        key[0] for key in {(row["recommendation_id"], row["item_id"]) for row in cast.rows if row["recommendation_id"]}
    )

    def sums(visitors):
        own = [slate for slate in slates if slate["visitor_id"] in visitors]
        return own, sum(clicked[slate["recommendation_id"]] for slate in own)

    own, clicks = sums(cast.members(1))
    everyones, all_clicks = sums(cast.visitors)
    assert (home.placement, home.slates, home.clicks) == ("home", len(own), clicks)
    assert home.visitors == len({slate["visitor_id"] for slate in own})
    assert home.rate.value == SURE(1000 * clicks / len(own))
    assert home.usual == SURE(1000 * all_clicks / len(everyones))
    by_visitor = {v: sums({v}) for v in cast.members(1)}
    rate = clicks / len(own)
    left = [clicks_of - rate * len(slates_of) for slates_of, clicks_of in by_visitor.values() if slates_of]
    spread = math.sqrt(sum(x * x for x in left) * len(left) / (len(left) - 1))
    assert home.rate.high - home.rate.value == SURE(1000 * 1.959964 * spread / len(own))
    shown = Counter(entry["item_id"] for slate in own for entry in slate["items"])
    for row in home.items:
        assert row.share == SURE(shown[row.item_id] / len(own))


def test_of_fewer_visitors_than_may_be_told_nothing_is(cast):
    Privacy.objects.filter(shop=cast.shop).update(smallest_group=10)
    assert selectors.segment(cast.shop, 2) is None
    profile = told(cast)
    for part in (profile.categories, profile.brands, profile.prices, profile.chosen, profile.rising):
        assert all(row.visitors >= 10 for row in part)
    assert all(month.visitors is None or month.visitors >= 10 for month in profile.months)
    assert any(moment.share is None for moment in profile.hours)
    Privacy.objects.filter(shop=cast.shop).update(smallest_group=15)
    assert profiles(cast.shop, selectors.active_segments(cast.shop)) == {}


def test_bots_and_booked_items_count_nowhere(cast):
    visitor = sorted(cast.members(1))[0]
    before = told(cast)
    BotVisitor.objects.create(shop=cast.shop, visitor_id=visitor, reason="rate", found_at=NOW)
    Item.objects.filter(shop=cast.shop, item_id="ga-0").update(is_merchandise=False)
    sum_figures(shop=cast.shop, now=NOW)
    after = told(cast)
    spent = float(sum(cast.orders({visitor})[visitor].values()))
    assert after.worth.spent == SURE(before.worth.spent - spent)
    assert "ga-0" not in {row.item_id for row in after.chosen}


def test_simulated_shoppers_count_until_real_ones_saw_slates(cast):
    from dashboard.events.services import refresh_daily_kpis

    visitor = sorted(cast.members(1))[0]
    Interaction.objects.filter(shop=cast.shop, visitor_id=visitor).update(simulated=True)
    Exposure.objects.filter(shop=cast.shop).update(simulated=True)
    refresh_daily_kpis(shop=cast.shop)
    sum_figures(shop=cast.shop, now=NOW)
    with_them = told(cast).worth.spent
    Exposure.objects.filter(shop=cast.shop).exclude(visitor_id=visitor).update(simulated=False)
    refresh_daily_kpis(shop=cast.shop)
    sum_figures(shop=cast.shop, now=NOW)
    assert told(cast).worth.spent == SURE(with_them - float(sum(cast.orders({visitor})[visitor].values())))


def test_sums_are_due_once_a_day_for_a_new_artifact_and_after_an_erasure(cast):
    shop = cast.shop
    assert not sum_due_figures(shop=shop, now=NOW + timedelta(hours=1))
    assert sum_due_figures(shop=shop, now=NOW + timedelta(days=1))
    visitor = sorted(cast.members(1))[0]
    Interaction.objects.filter(shop=shop, visitor_id=visitor).delete()
    services.forget_visitor(shop=shop, visitor_id=visitor)
    assert sum_due_figures(shop=shop, now=NOW + timedelta(days=1, minutes=5))
    assert told(cast).members == len(cast.members(1)) - 1
    SegmentFigures.objects.filter(shop=shop).delete()
    assert sum_due_figures(shop=shop, now=NOW + timedelta(days=1, minutes=5))


def test_a_new_artifact_asks_for_sums_and_old_ones_go(cast, tmp_path, monkeypatch, django_capture_on_commit_callbacks):
    from tests.segments import cast as casts

    sent = []
    monkeypatch.setattr("dashboard.core.jobs._send", lambda name, queue, arguments: sent.append((name, arguments)))
    with django_capture_on_commit_callbacks(execute=True):
        casts.published(cast, cast.shop, tmp_path / "again")
    assert ("segments.sum_figures", {"shop_id": cast.shop.pk}) in sent
    for artifact_id in (6, 7):
        services.replace_segments(shop=cast.shop, artifact_id=artifact_id, folder=tmp_path / "again")
    assert not SegmentFigures.objects.filter(artifact_id=5).exists()


def test_a_shop_without_segments_has_no_figures(shop, other_shop, cast):
    assert not sum_due_figures(shop=other_shop)
    assert not SegmentFigures.objects.filter(shop=other_shop).exists()
