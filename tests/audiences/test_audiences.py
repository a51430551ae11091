"""Audiences are made, changed and archived; what they may ask for, and of how few nothing is told."""

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.audiences.conditions import compiled
from dashboard.audiences.selectors import audience_of, audience_size, audiences_of, listed_condition, ready_audiences
from dashboard.audiences.services import (
    archive_audience,
    change_audience,
    count_all_visitors,
    create_audience,
    set_attributes,
)
from dashboard.core import errors
from dashboard.events.models import Privacy
from recommender.expressions import VISITORS, ExpressionError, parsed

pytestmark = pytest.mark.django_db


def made(shop, name="Newcomers", expression="new = true"):
    return create_audience(shop=shop, name=name, expression=expression, by=None)


def test_a_condition_is_kept_as_it_reads_and_told_in_the_audit_trail(shop, owner):
    audience = create_audience(shop=shop, name=" Big  spenders ", expression="spent>=100  AND not new=true", by=owner)
    assert (audience.name, audience.expression) == ("Big spenders", "spent >= 100 and not new = true")
    entry = AuditEntry.objects.get(action="audience.created")
    assert (entry.actor, entry.detail["expression"]) == (owner, audience.expression)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("", "empty"),
        ("price < 3", "no field price"),
        ("segments >= 0.5", "expected “.”"),
        ("segments.x = 1", "a number such as segments.3"),
        ('segments.3 = "much"', "not a text"),
        ("new = 3", "true or false"),
        ("spent > ", "expected a text"),
    ],
)
def test_what_is_no_condition_over_visitors_is_refused_with_its_place(shop, expression, told):
    with pytest.raises(errors.Invalid, match=told) as refused:
        made(shop, expression=expression)
    assert "expression" in refused.value.fields


def test_items_are_not_asked_for_what_only_visitors_have():
    with pytest.raises(ExpressionError, match="no field purchases"):
        parsed("purchases > 3")
    assert str(parsed("segments.03 >= 0.5", VISITORS)) == "segments.3 >= 0.5"


def test_two_audiences_of_a_shop_never_share_a_name_unless_one_is_archived(shop, other_shop):
    first = made(shop)
    with pytest.raises(errors.Conflict, match="already"):
        made(shop)
    made(other_shop)
    archive_audience(shop=shop, audience_id=first.pk, by=None)
    assert made(shop).pk != first.pk
    assert first.pk in ready_audiences(shop.pk), "policies that name it go on"


def test_a_changed_condition_counts_at_once_and_raises_the_revision(shop, owner):
    audience = made(shop)
    assert not ready_audiences(shop.pk)[audience.pk].condition.barred
    renamed = change_audience(shop=shop, audience_id=audience.pk, name="First-timers", by=owner)
    assert renamed.revision == 1
    changed = change_audience(shop=shop, audience_id=audience.pk, expression="visits < 3", by=owner)
    assert changed.revision == 2
    assert str(ready_audiences(shop.pk)[audience.pk].condition.expression) == "visits < 3"
    entry = AuditEntry.objects.filter(action="audience.changed").latest("pk")
    assert entry.detail["changes"] == {"expression": ["new = true", "visits < 3"]}


def test_another_shops_audience_is_not_there(shop, other_shop):
    theirs = made(other_shop)
    with pytest.raises(errors.NotFound):
        audience_of(shop, theirs.pk)
    assert not audiences_of(shop)


def test_a_barred_attribute_can_be_asked_for_no_more_and_what_asked_for_it_meets_nobody(shop):
    set_attributes(shop=shop, visitor_id="ada", attributes={"religion": "none"})
    audience = made(shop, expression='not attributes.religion = "x"')
    Privacy.objects.create(shop=shop, barred_attributes=["religion"])
    with pytest.raises(errors.Invalid, match="religion"):
        made(shop, name="Another", expression="attributes.religion exists")
    change_audience(shop=shop, audience_id=audience.pk, name="Old", by=None)
    condition = ready_audiences(shop.pk)[audience.pk].condition
    assert condition.barred == ("religion",)
    assert audience_size(shop, condition).visitors == 0


def test_fewer_visitors_than_the_shop_lets_be_told_are_neither_counted_nor_listed(shop, behave):
    for number in range(21):
        behave(shop, f"v{number}", (number, "purchase" if number < 19 else "view_item", 5))
    count_all_visitors(shop=shop)
    buyers = made(shop, name="Buyers", expression="purchases > 0")
    everyone = made(shop, name="Everyone", expression="visits > 0")
    size = audience_size(shop, ready_audiences(shop.pk)[buyers.pk].condition)
    assert (size.visitors, size.is_hidden, size.smallest) == (None, True, 20)
    with pytest.raises(errors.Forbidden, match="Fewer than 20"):
        listed_condition(shop, buyers)
    assert audience_size(shop, listed_condition(shop, everyone)).visitors == 21
    assert audience_size(shop, compiled("purchases > 9", barred=())).visitors == 0, "nobody gives nobody away"
