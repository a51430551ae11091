"""Numbers and names stay with their people, from artifact to artifact."""

from datetime import timedelta

import pytest

from dashboard.core import clock
from dashboard.segments import identity, selectors, services
from dashboard.segments.models import FormerMember, SegmentName, SegmentNumber
from tests import artifact_files as files

GARDENERS = [f"g{i}" for i in range(6)]
BAKERS = [f"b{i}" for i in range(4)]


@pytest.fixture
def show(shop, seen, tmp_path, every_group_is_told):
    """Show an artifact: `show(11, {1: [visitors], 2: [visitors]})`."""
    seen(shop, *GARDENERS, *BAKERS)

    def shows(artifact_id, members):
        everybody = sum(map(len, members.values()))
        segments = [files.segment(n, f"Interest {n}", len(v) / everybody) for n, v in sorted(members.items())]
        rows = [files.membership(visitor, number) for number, visitors in members.items() for visitor in visitors]
        folder = files.write_segments(tmp_path / str(artifact_id), segments, rows)
        services.replace_segments(shop=shop, artifact_id=artifact_id, folder=folder)
        return shop

    return shows


def test_a_training_hears_of_every_number_and_of_who_was_in_those_that_are_gone(show):
    show(11, {1: GARDENERS, 2: BAKERS})
    show(12, {1: GARDENERS, 3: BAKERS})
    told = identity.earlier_numbers(show(13, {1: GARDENERS, 4: BAKERS}))
    assert told["reserved"] == [1, 2, 3, 4]
    assert {number: sorted(members) for number, members in told["former_members"].items()} == {2: BAKERS, 3: BAKERS}


def test_a_segment_that_is_back_is_told_by_its_artifact_alone(show):
    show(11, {1: GARDENERS, 2: BAKERS})
    show(12, {1: [*GARDENERS, *BAKERS]})
    assert not identity.earlier_numbers(show(13, {1: GARDENERS, 2: BAKERS}))["former_members"]


def test_numbers_of_an_artifact_that_was_held_back_are_given_too(show):
    shop = show(11, {1: GARDENERS, 2: BAKERS})
    identity.reserve_numbers(shop, [1, 5])
    assert identity.earlier_numbers(shop)["reserved"] == [1, 2, 5]


def test_an_erased_visitor_is_in_no_former_segment(show):
    show(11, {1: GARDENERS, 2: BAKERS})
    shop = show(12, {1: [*GARDENERS, *BAKERS]})
    assert services.forget_visitor(shop=shop, visitor_id="b1") == 3
    assert identity.earlier_numbers(shop)["former_members"] == {2: ["b0", "b2", "b3"]}


def test_a_number_is_free_a_year_after_its_last_showing_without_its_name(show):
    show(11, {1: GARDENERS, 2: BAKERS})
    shop = show(11, {1: GARDENERS, 2: BAKERS})
    services.rename_segment(shop=shop, number=2, name="Cake people")
    show(12, {1: [*GARDENERS, *BAKERS]})
    SegmentNumber.objects.filter(shop=shop, number=2).update(last_shown_at=clock.now() - timedelta(days=360))
    identity.reserve_numbers(shop, [1])
    assert SegmentName.objects.filter(shop=shop, number=2).exists()
    SegmentNumber.objects.filter(shop=shop, number=2).update(last_shown_at=clock.now() - timedelta(days=366))
    identity.reserve_numbers(shop, [1])
    assert identity.earlier_numbers(shop) == {"reserved": [1], "former_members": {}}
    assert not SegmentName.objects.filter(shop=shop).exists()
    assert not FormerMember.objects.filter(shop=shop).exists()


def test_what_is_gone_and_new_is_told_with_its_visitors(show):
    show(11, {1: GARDENERS, 2: BAKERS})
    services.rename_segment(shop=show(11, {1: GARDENERS, 2: BAKERS}), number=2, name="Cake people")
    shop = show(12, {1: GARDENERS[:4], 3: [*GARDENERS[4:], BAKERS[0]], 4: BAKERS[1:]})
    told = selectors.segment_changes(shop)
    assert [(c.kind, c.number, c.visitors) for c in told] == [("split", 3, 3), ("was", 4, 3)]
    assert [(other.number, other.visitors) for other in told[0].others] == [(1, 2), (2, 1)]
    assert [(other.name, other.visitors) for other in told[1].others] == [("Cake people", 3)]


def test_merged_segments_are_told_as_such(show):
    show(11, {1: GARDENERS[:3], 2: GARDENERS[3:], 3: BAKERS})
    told = selectors.segment_changes(show(12, {4: GARDENERS, 3: BAKERS}))
    assert [(c.kind, c.number, [o.number for o in c.others]) for c in told] == [("merged", 4, [1, 2])]


def test_a_segment_that_dissolved_is_told_with_where_its_visitors_went(show):
    show(11, {1: GARDENERS, 2: BAKERS[:2], 3: BAKERS[2:]})
    told = selectors.segment_changes(show(12, {1: [*GARDENERS, BAKERS[0]], 3: BAKERS[1:]}))
    assert [(c.kind, c.number, c.visitors) for c in told] == [("gone", 2, 2)]
    assert [(o.number, o.visitors) for o in told[0].others] == [(1, 1), (3, 1)]


def test_rolling_back_tells_what_that_artifact_had_changed(show):
    show(11, {1: GARDENERS, 2: BAKERS})
    show(12, {1: GARDENERS, 3: BAKERS})
    show(13, {1: [*GARDENERS, *BAKERS]})
    told = selectors.segment_changes(show(12, {1: GARDENERS, 3: BAKERS}))
    assert [(c.kind, c.number) for c in told] == [("was", 3)]


def test_the_first_artifact_has_changed_nothing(show):
    assert selectors.segment_changes(show(11, {1: GARDENERS, 2: BAKERS})) == []
