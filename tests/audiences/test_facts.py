"""What audiences are judged by: the figures of a visitor, by SQL for many and in a request for one, are the same."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.audiences.conditions import compiled
from dashboard.audiences.facts import VisitorFacts, visitor_facts
from dashboard.audiences.models import Visitor
from dashboard.audiences.selectors import audience_size, members_among
from dashboard.audiences.services import count_all_visitors, count_visitors, set_attributes
from dashboard.core import clock
from dashboard.events.models import BotVisitor, Interaction
from recommender.expressions import VISITORS, All, Comparison, Exists, Field, In, Kind, Not, Some, parsed
from tests.recommender.expressions.made import NAMES, WORDS

pytestmark = pytest.mark.django_db


def facts_of(shop, visitor_id, now=None):
    return visitor_facts(shop_id=shop.pk, currency=shop.currency, visitor_id=visitor_id, now=now or clock.now())


def test_somebody_who_has_never_been_here_is_new_and_has_bought_nothing(shop):
    facts = facts_of(shop, "nobody")
    assert (facts.visits, facts.purchases, facts.spent, facts.memberships) == (0, 0, 0.0, None)
    assert compiled("new = true and purchases = 0 and not days_since_last_visit exists", barred=()).holds(facts)


def test_visits_end_with_a_pause_and_an_order_of_several_lines_is_one_purchase(shop, behave):
    behave(shop, "ada", (40.01, "view_item", None), (40, "view_item", None))
    behave(shop, "ada", (5, "purchase", "12.50"), (5, "purchase", "3.25"), order_id="o-1", currency="GBP")
    behave(shop, "ada", (4, "purchase", "99"), currency="USD")
    facts = facts_of(shop, "ada")
    assert (facts.visits, facts.interactions, facts.purchases) == (3, 5, 2)
    assert facts.spent == 15.75, "in the shop's own currency"


def test_what_happened_since_the_sums_were_made_counts_at_once(shop, behave):
    behave(shop, "ada", (40, "view_item", None), (39.9999, "view_item", None), (3, "purchase", "10"))
    counted_until = clock.now() - datetime.timedelta(days=1)
    count_all_visitors(shop=shop, now=counted_until)
    behave(shop, "ada", (0.5, "purchase", "2.50"), (0.4999, "view_item", None))
    facts = facts_of(shop, "ada")
    assert (facts.visits, facts.interactions, facts.purchases, facts.spent) == (3, 5, 2, 12.5)
    count_all_visitors(shop=shop)
    again = facts_of(shop, "ada")
    assert (again.visits, again.interactions, again.purchases, again.spent) == (3, 5, 2, 12.5)


def test_a_visit_that_goes_on_over_the_moment_of_summing_is_one(shop, behave):
    behave(shop, "ada", (1.001, "view_item", None))
    count_all_visitors(shop=shop, now=clock.now() - datetime.timedelta(days=1))
    behave(shop, "ada", (0.999, "view_item", None))
    assert facts_of(shop, "ada").visits == 1


def test_each_minute_sums_those_of_whom_something_arrived(shop, other_shop, behave):
    behave(shop, "ada", (9, "view_item", None))
    behave(other_shop, "otto", (9, "view_item", None))
    assert count_visitors(shop=shop) == 1
    Interaction.objects.filter(visitor_id="ada").update(received_at=clock.now() - datetime.timedelta(days=9))
    behave(shop, "bob", (0, "purchase", "5"))
    assert count_visitors(shop=shop) == 1
    assert Visitor.objects.get(shop=shop, visitor_id="bob").spent == 5
    assert not Visitor.objects.filter(shop=other_shop).exists()


def test_figures_of_what_was_forgotten_go_and_attributes_stay(shop, behave):
    behave(shop, "ada", (9, "view_item", None))
    behave(shop, "bob", (9, "view_item", None))
    set_attributes(shop=shop, visitor_id="ada", attributes={"tier": "gold"})
    count_all_visitors(shop=shop)
    Interaction.objects.filter(shop=shop).delete()
    count_all_visitors(shop=shop)
    kept = Visitor.objects.get(shop=shop)
    assert (kept.visitor_id, kept.interactions, kept.first_seen_at) == ("ada", 0, None)
    count_all_visitors(shop=shop, kept_since=clock.now() + datetime.timedelta(seconds=1))
    assert not Visitor.objects.filter(shop=shop).exists(), "kept no longer than behaviour"


def test_membership_is_that_of_the_artifact_that_is_shown(shop, belong):
    belong(shop, "ada", {3: 0.7, 5: 0.3})
    belong(shop, "ada", {5: 1.0}, artifact_id=6)
    facts = facts_of(shop, "ada")
    assert compiled("segments.3 >= 0.7 and segments.5 < 0.5 and segments.9 = 0", barred=()).holds(facts)
    assert not compiled("segments.3 < 1", barred=()).holds(facts_of(shop, "nobody")), "nobody knows"


@pytest.mark.usefixtures("small_groups")
def test_programs_are_in_no_audience(shop, behave):
    for visitor_id in ("ada", "bob", "cleo", "crawler"):
        behave(shop, visitor_id, (1, "view_item", None))
    BotVisitor.objects.create(shop=shop, visitor_id="crawler", reason="rate", detail="9", found_at=clock.now())
    count_all_visitors(shop=shop)
    size = audience_size(shop, compiled("visits = 1", barred=()))
    assert (size.visitors, size.known) == (3, 3)


values = (
    st.sampled_from([*WORDS, "-1.5", "FALSE"])
    | st.integers(-50, 50)
    | st.booleans()
    | st.lists(st.sampled_from(WORDS), max_size=3)
)
visitors = st.fixed_dictionaries(
    {
        "attributes": st.dictionaries(st.sampled_from(NAMES), values, max_size=3),
        "visits": st.integers(0, 3),
        "interactions": st.integers(0, 50),
        "purchases": st.integers(0, 3),
        "spent": st.decimals(0, 1000, places=2),
        "first_seen_at": st.none() | st.integers(0, 400),
        "last_purchase_at": st.none() | st.integers(0, 60),
    }
)
memberships = st.none() | st.dictionaries(st.sampled_from([1, 2, 3]), st.sampled_from([0.1, 0.5, 0.62]), min_size=1)
_numbers = st.sampled_from([Decimal(0), Decimal(1), Decimal(2), Decimal("0.5"), Decimal(42), Decimal("-1.5")])
_of_kind = {Kind.TEXT: st.sampled_from(WORDS), Kind.NUMBER: _numbers, Kind.FLAG: st.booleans()}
_fields = (
    st.sampled_from(sorted(VISITORS.fields)).map(Field)
    | st.sampled_from(NAMES).map(lambda name: Field(name, is_attribute=True))
    | st.sampled_from([1, 3]).map(lambda number: Field(f"segments.{number}"))
)


@st.composite
def terms(draw):
    field = draw(_fields)
    kind = draw(st.sampled_from(sorted(_of_kind, key=str))) if field.kind is Kind.ANY else field.kind
    more = {Kind.TEXT: ["contains"], Kind.NUMBER: ["<", "<=", ">", ">="]}.get(kind, [])
    shape = draw(st.sampled_from(["=", "!=", "in", "exists", *more]))
    if shape == "exists":
        return Exists(field)
    if shape == "in":
        return In(field, tuple(draw(st.lists(_of_kind[kind], min_size=1, max_size=3))))
    return Comparison(field, shape, draw(_of_kind[kind]))


def _grown(children):
    several = st.lists(children, min_size=2, max_size=3).map(tuple)
    return several.map(All) | several.map(Some) | children.map(Not)


trees = st.recursive(terms(), _grown, max_leaves=6)


@given(trees)
def test_a_condition_that_is_written_and_read_is_the_same(tree):
    assert parsed(str(tree), VISITORS) == tree


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(visitors, memberships), min_size=1, max_size=5), trees=st.lists(trees, max_size=8))
def test_sql_finds_exactly_the_visitors_whom_the_predicate_passes(shop, belong, rows, trees, monkeypatch):
    from dashboard.segments.models import SegmentMembership

    now = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    Visitor.objects.filter(shop=shop).delete()
    SegmentMembership.objects.filter(shop=shop).delete()
    for number, (row, member) in enumerate(rows):
        moments = {
            name: None if row[name] is None else now - datetime.timedelta(days=row[name])
            for name in ("first_seen_at", "last_purchase_at")
        }
        last_seen_at = moments["first_seen_at"]
        Visitor.objects.create(
            **{"shop_id": shop.pk, "visitor_id": f"v{number}", "last_seen_at": last_seen_at, **row, **moments}
        )
        if member:
            belong(shop, f"v{number}", member)
    facts = {f"v{number}": facts_of(shop, f"v{number}", now) for number in range(len(rows))}
    for tree in trees:
        condition = compiled(str(tree), barred=())
        by_sql = members_among(shop, condition, list(facts))
        assert by_sql == [visitor_id for visitor_id, known in facts.items() if condition.holds(known)], str(tree)


def test_a_judgement_calls_few_functions_however_long_the_condition():
    """A tenth of a millisecond; benchmarks/audiences.py measures it."""
    from tests.effort import effort_of

    source = " or ".join(f'attributes.country = "X{number}" and spent > {number}' for number in range(25))
    condition = compiled(source, barred=())
    facts = VisitorFacts(now=0.0, attributes={"country": "GB"}, spent=7.0)
    effort, holds = effort_of(lambda: condition.holds(facts))
    assert not holds
    assert effort.calls < 400
