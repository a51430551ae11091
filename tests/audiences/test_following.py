"""Who enters and leaves an audience is noted once, by what changed, and never of too few."""

import datetime

import pytest

from dashboard.accounts.services import create_shop
from dashboard.audiences.models import AudienceChange, AudienceMember, Following, Visitor
from dashboard.audiences.selectors import changes_of_visitor, told_audiences
from dashboard.audiences.services import (
    archive_audience,
    change_audience,
    change_privacy,
    count_all_visitors,
    count_visitors,
    create_audience,
    follow_audiences,
    forget_old_changes,
    set_attributes,
)
from dashboard.core import clock
from dashboard.events.services import erase_visitor
from dashboard.overview.services import forget_visitor, merge_visitor
from dashboard.segments.models import SegmentSet

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def buyers(shop, behave, small_groups):
    """Four of five visitors have bought; the audience is followed already."""
    for number in range(5):
        behave(shop, f"v{number}", (number + 1, "purchase" if number < 4 else "view_item", 5))
    count_all_visitors(shop=shop)
    made = create_audience(shop=shop, name="Buyers", expression="purchases > 0", by=None)
    assert follow_audiences(shop=shop) == 0, "whom it holds at first is no change"
    return made


def noted(audience):
    rows = AudienceChange.objects.filter(audience=audience).order_by("pk")
    return [(row.visitor_id, "entered" if row.has_entered else "left", row.cause) for row in rows]


def members(audience):
    return sorted(AudienceMember.objects.filter(audience=audience).values_list("visitor_id", flat=True))


def test_a_purchase_brings_its_visitor_in_once(shop, behave, buyers):
    behave(shop, "v4", (0, "purchase", 9))
    count_visitors(shop=shop)
    assert follow_audiences(shop=shop) == 1
    assert follow_audiences(shop=shop) == 0
    assert noted(buyers) == [("v4", "entered", "visitor")]
    assert members(buyers) == ["v0", "v1", "v2", "v3", "v4"]
    assert Following.objects.get(audience=buyers).visitors == 5


def test_only_those_who_moved_are_looked_at_until_everybody_is(shop, behave, buyers):
    behave(shop, "v5", (0, "purchase", 9))
    count_visitors(shop=shop)
    follow_audiences(shop=shop)
    Visitor.objects.filter(shop=shop).update(counted_until=clock.now() - HOUR)
    Visitor.objects.filter(visitor_id__in=["v0", "v1"]).update(purchases=0)
    Visitor.objects.filter(visitor_id="v1").update(counted_until=clock.now())
    assert follow_audiences(shop=shop) == 1
    assert noted(buyers)[-1] == ("v1", "left", "visitor")
    follow_audiences(shop=shop, now=clock.now() + 25 * HOUR)
    assert noted(buyers)[-1] == ("v0", "left", "visitor")


def test_an_attribute_counts_without_any_behaviour(shop, small_groups):
    for number in range(5):
        set_attributes(shop=shop, visitor_id=f"v{number}", attributes={"tier": "gold" if number else "none"})
    gold = create_audience(shop=shop, name="Gold", expression='attributes.tier = "gold"', by=None)
    follow_audiences(shop=shop)
    set_attributes(shop=shop, visitor_id="v0", attributes={"tier": "gold"})
    set_attributes(shop=shop, visitor_id="v1", attributes={"tier": "none"})
    assert follow_audiences(shop=shop) == 2
    assert noted(gold) == [("v0", "entered", "visitor"), ("v1", "left", "visitor")]


def test_a_changed_condition_and_another_model_are_told_as_such(shop, buyers, belong):
    change_audience(
        shop=shop, audience_id=buyers.pk, expression="purchases > 0 and not visits > 9 or new = true", by=None
    )
    follow_audiences(shop=shop)
    assert noted(buyers) == [("v4", "entered", "condition")]
    for number in range(4):
        belong(shop, f"v{number}", {3: 0.9})
        belong(shop, f"v{number}", {3: 0.9} if number else {1: 0.9}, artifact_id=8)
    loyal = create_audience(shop=shop, name="Bikes", expression="segments.3 >= 0.5", by=None)
    follow_audiences(shop=shop)
    SegmentSet.objects.filter(shop=shop).update(artifact_id=8)
    follow_audiences(shop=shop)
    assert noted(loyal) == [("v0", "left", "model")]


def test_days_go_by_without_anything_happening(shop, behave, small_groups):
    for number in range(4):
        behave(shop, f"v{number}", (number + 0.5, "view_item", None))
    count_all_visitors(shop=shop)
    recent = create_audience(shop=shop, name="Recent", expression="days_since_last_visit < 4", by=None)
    follow_audiences(shop=shop)
    follow_audiences(shop=shop, now=clock.now() + 0.9 * HOUR)
    assert not noted(recent), "looked at once an hour"
    follow_audiences(shop=shop, now=clock.now() + 13 * HOUR)
    assert noted(recent) == [("v3", "left", "visitor")]


def test_of_too_few_nothing_is_noted_until_they_are_enough(shop, behave, buyers, owner):
    change_privacy(shop=shop, smallest_group=5, barred_attributes=[], actor=owner)
    assert told_audiences(shop, [buyers.pk]) == {}, "at once"
    change_audience(shop=shop, audience_id=buyers.pk, expression="purchases > 0 and spent > 1", by=None)
    assert follow_audiences(shop=shop) == 0
    assert (noted(buyers), Following.objects.get(audience=buyers).is_hidden) == ([], True)
    for visitor in ("v4", "v5"):
        behave(shop, visitor, (0, "purchase", 9))
    count_visitors(shop=shop)
    assert follow_audiences(shop=shop) == 2
    assert [row[:2] for row in noted(buyers)] == [("v4", "entered"), ("v5", "entered")]
    assert told_audiences(shop, [buyers.pk]) == {buyers.pk: "all"}


def test_who_asks_for_what_is_barred_loses_everybody(shop, small_groups, owner):
    for number in range(3):
        set_attributes(shop=shop, visitor_id=f"v{number}", attributes={"religion": "none"})
    barred = create_audience(shop=shop, name="B", expression="attributes.religion exists", by=None)
    follow_audiences(shop=shop)
    change_privacy(shop=shop, smallest_group=3, barred_attributes=["religion"], accepted=True, actor=owner)
    follow_audiences(shop=shop)
    assert {row[1:] for row in noted(barred)} == {("left", "condition")}
    assert told_audiences(shop, [barred.pk]) == {barred.pk: "left"}


def test_an_erased_visitor_is_in_no_change_and_a_merged_one_leaves(shop, behave, buyers):
    behave(shop, "v4", (0, "purchase", 9))
    count_visitors(shop=shop)
    follow_audiences(shop=shop)
    merge_visitor(shop=shop, visitor_id="v4", into="v3", by="sk_test")
    assert noted(buyers)[-1] == ("v4", "left", "merge")
    gone = forget_visitor(shop=shop, visitor_id="v3", by="sk_test")
    assert gone["audiences"] == 3, "v3's place, and both changes of the id that it had"
    follow_audiences(shop=shop, now=clock.now() + datetime.timedelta(days=2))
    assert noted(buyers) == []
    assert members(buyers) == ["v0", "v1", "v2"]
    assert not erase_visitor(shop=shop, visitor_id="v3")["other_ids"]


def test_changes_are_kept_for_the_request_for_access_and_then_forgotten(shop, behave, buyers):
    behave(shop, "v4", (0, "purchase", 9))
    count_visitors(shop=shop)
    follow_audiences(shop=shop)
    (kept,) = changes_of_visitor(shop, "v4")
    assert (kept["audience"], kept["change"]) == ("Buyers", "entered")
    assert forget_old_changes(shop=shop) == 0
    assert forget_old_changes(shop=shop, now=clock.now() + datetime.timedelta(days=36)) == 1


def test_archived_audiences_and_other_shops_are_not_followed(shop, behave, buyers):
    elsewhere = create_shop(slug="elsewhere", name="Elsewhere")[0]
    assert follow_audiences(shop=elsewhere) == 0
    archive_audience(shop=shop, audience_id=buyers.pk, by=None)
    behave(shop, "v4", (0, "purchase", 9))
    count_visitors(shop=shop)
    assert follow_audiences(shop=shop) == 0
    assert (members(buyers), noted(buyers)) == ([], [])
