"""What a shop shows of segments after an artifact is published, replaced and rolled back."""

import pytest

from dashboard.core import errors
from dashboard.segments import selectors, services
from dashboard.segments.map_selectors import segment_map
from dashboard.segments.models import Segment, SegmentMembership

VISITORS = ["ada", 'b"o,b', "cleo"]


@pytest.fixture
def published(shop, seen, first_folder):
    seen(shop, *VISITORS)
    services.replace_segments(shop=shop, artifact_id=11, folder=first_folder)
    return shop


def test_a_shop_without_artifact_shows_no_map(shop):
    assert segment_map(shop) is None
    assert selectors.active_segments(shop) == []


def test_the_map_shows_the_segments_and_every_visitor(published):
    shown = segment_map(published)
    assert shown.artifact_id == 11
    assert [(s.number, s.name, s.share) for s in shown.segments] == [(1, "Gardeners", 0.4), (2, "Bakers", 0.6)]
    assert sorted((p.x, p.y, p.number) for p in shown.points) == [(1.0, 2.0, 1), (3.0, 4.0, 2), (5.0, 6.0, 2)]
    assert shown.segments[0].covariance == ((1.0, 0.2), (0.2, 0.5))


def test_a_visitor_id_with_quotes_and_commas_arrives_whole(published):
    membership = selectors.visitor_memberships(published, 'b"o,b')
    assert membership.number == 2
    assert membership.probabilities == {1: 0.3, 2: 0.7}


def test_probabilities_below_one_percent_are_not_kept(published):
    assert selectors.visitor_memberships(published, "ada").probabilities == {1: 0.995}


def test_a_share_changes_against_the_artifact_before(published, second_folder):
    assert selectors.segment(published, 1).share_change is None
    services.replace_segments(shop=published, artifact_id=12, folder=second_folder)
    changes = [s.share_change for s in selectors.active_segments(published)]
    assert changes[:2] == pytest.approx([0.1, -0.3])
    assert changes[2] is None


def test_rolling_back_shows_the_artifact_before_again_without_its_files(published, second_folder, tmp_path):
    services.replace_segments(shop=published, artifact_id=12, folder=second_folder)
    services.replace_segments(shop=published, artifact_id=11, folder=tmp_path / "gone")
    assert [s.name for s in selectors.active_segments(published)] == ["Gardeners", "Bakers"]


def test_members_of_the_shown_and_the_previous_artifact_stay_stored(published, first_folder, second_folder):
    services.replace_segments(shop=published, artifact_id=12, folder=second_folder)
    services.replace_segments(shop=published, artifact_id=13, folder=first_folder)
    assert set(Segment.objects.values_list("artifact_id", flat=True)) == {11, 12, 13}
    assert set(SegmentMembership.objects.values_list("artifact_id", flat=True)) == {12, 13}


def test_rolling_back_compares_with_what_was_before_and_not_after(published, first_folder, second_folder):
    services.replace_segments(shop=published, artifact_id=12, folder=second_folder)
    services.replace_segments(shop=published, artifact_id=13, folder=first_folder)
    services.replace_segments(shop=published, artifact_id=12, folder=second_folder)
    assert selectors.segment(published, 1).share_change == pytest.approx(0.1)
    services.replace_segments(shop=published, artifact_id=11, folder=first_folder)
    assert selectors.segment(published, 1).share_change is None


def test_an_artifact_of_which_only_the_segments_are_left_is_read_again(published, first_folder, second_folder):
    services.replace_segments(shop=published, artifact_id=12, folder=second_folder)
    services.replace_segments(shop=published, artifact_id=13, folder=second_folder)
    services.replace_segments(shop=published, artifact_id=11, folder=first_folder)
    assert selectors.visitor_memberships(published, "cleo").number == 2


def test_a_visitor_erased_during_training_does_not_come_back(shop, seen, first_folder):
    seen(shop, "ada", "cleo")
    services.replace_segments(shop=shop, artifact_id=11, folder=first_folder)
    assert selectors.visitor_memberships(shop, 'b"o,b') is None
    assert selectors.visitor_memberships(shop, "cleo") is not None


def test_forgetting_a_visitor_removes_every_membership(published, second_folder):
    services.replace_segments(shop=published, artifact_id=12, folder=second_folder)
    assert services.forget_visitor(shop=published, visitor_id="ada") == 2
    assert selectors.visitor_memberships(published, "ada") is None


def test_members_come_surest_first_and_page_by_page(published):
    first = selectors.segment_members(published, 2, limit=1)
    assert [m.visitor_id for m in first.members] == ["cleo"]
    second = selectors.segment_members(published, 2, cursor=first.next_cursor, limit=1)
    assert [m.visitor_id for m in second.members] == ['b"o,b']
    assert second.next_cursor == ""


def test_a_merchants_name_survives_the_next_artifact(published, second_folder):
    services.rename_segment(shop=published, number=2, name="  Cake   people ")
    services.replace_segments(shop=published, artifact_id=12, folder=second_folder)
    assert selectors.segment(published, 2).name == "Cake people"


def test_an_empty_name_returns_to_the_suggested_one(published):
    services.rename_segment(shop=published, number=2, name="Cake people")
    assert services.rename_segment(shop=published, number=2, name=" ") == "Bakers"
    assert selectors.segment(published, 2).name == "Bakers"


def test_a_segment_that_is_not_shown_cannot_be_renamed(published):
    with pytest.raises(errors.NotFound):
        services.rename_segment(shop=published, number=9, name="Nobody")


def test_a_name_that_is_too_long_is_refused_with_its_limit(published):
    with pytest.raises(errors.Invalid, match="120"):
        services.rename_segment(shop=published, number=2, name="x" * 121)


def test_another_shop_sees_nothing_of_it(published, other_shop):
    assert segment_map(other_shop) is None
    assert selectors.visitor_memberships(other_shop, "ada") is None
    assert selectors.segment_members(other_shop, 2).members == []
    with pytest.raises(errors.NotFound):
        services.rename_segment(shop=other_shop, number=1, name="Mine")
