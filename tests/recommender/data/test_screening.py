"""Programs and impossible times are left out before a training, and counted; nothing of a person is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.data.dataset import build_dataset
from recommender.data.report import cleaning_report, length_notices, screening_notices
from recommender.data.screening import ScreeningConfig, screened
from recommender.errors import InputError
from tests.recommender.made import interactions_of, walks

PEOPLE = list(walks(visitors=12, items=9))
START = 1.9e9
FEW = ScreeningConfig(views_a_minute=5, seconds_spread=3)


def views(visitor, count, every_seconds, kind="view_item"):
    return [(visitor, f"item-{place % 9}", kind, START + place * every_seconds) for place in range(count)]


def visitors_after(rows, config=FEW):
    kept = screened(interactions_of(rows), config)
    return set(kept.visitor_ids[kept.visitor_N])


def test_more_views_in_a_minute_than_a_person_manages_are_a_program():
    rows = screened(interactions_of(PEOPLE + views("crawler", 40, 8)), FEW)
    assert "crawler" not in set(rows.visitor_ids[rows.visitor_N])
    assert rows.left_out == {"impossible_times": 0, "program_visitors": 1, "program_interactions": 40}
    assert len(rows) == len(PEOPLE)


def test_exactly_as_many_views_in_a_minute_as_may_be_are_a_person():
    assert "ann" in visitors_after(PEOPLE + views("ann", 40, 12))  # 5 in each 60 seconds


def test_many_views_over_a_long_time_are_a_person():
    assert "ann" in visitors_after(PEOPLE + views("ann", 400, 60))


def test_a_large_order_is_no_program():
    assert "wholesaler" in visitors_after(PEOPLE + views("wholesaler", 40, 1, kind="purchase"))


def test_views_of_one_moment_are_a_batch_and_no_program():
    assert "ann" in visitors_after(PEOPLE + views("ann", 40, 0))


def test_two_quick_visitors_are_not_taken_for_one():
    rows = [*PEOPLE, *views("ann", 4, 1), *views("ben", 4, 1)]
    assert {"ann", "ben"} <= visitors_after(rows)


def test_where_most_visitors_look_like_programs_the_times_are_wrong_and_nobody_is_left_out():
    """As in files whose timestamps are only the order."""
    rows = [row for visitor in range(9) for row in views(f"v{visitor}", 40, 1)]
    assert len(visitors_after(rows)) == 9


def test_the_defaults_leave_an_order_by_seconds_alone():
    assert "ann" in visitors_after(PEOPLE + views("ann", 3000, 1), ScreeningConfig())


def test_the_screening_can_be_switched_off():
    assert "crawler" in visitors_after(PEOPLE + views("crawler", 40, 8), ScreeningConfig(views_a_minute=0))


@pytest.mark.parametrize("second", [0.0, 9.9e9])
def test_times_decades_from_the_others_are_impossible(second):
    rows = screened(interactions_of([*PEOPLE, ("ann", "mug", "view_item", second)]), ScreeningConfig())
    assert rows.left_out["impossible_times"] == 1 and len(rows) == len(PEOPLE)
    assert np.ptp(rows.seconds_N) < 1e8


@settings(max_examples=40)
@given(st.integers(0, 10), st.integers(1, 30))
def test_what_is_left_and_what_is_counted_add_up(seed, every):
    rows = [*walks(visitors=9, items=9, seed=seed), *views("crawler", 30, every / 2), ("ann", "mug", "view_item", 1.0)]
    kept = screened(interactions_of(rows), FEW)
    assert len(kept) + kept.left_out["impossible_times"] + kept.left_out["program_interactions"] == len(rows)


@pytest.mark.parametrize("options", [{"views_a_minute": -1}, {"most_programs": 1.5}, {"span_years": 0}])
def test_options_out_of_range_are_refused_by_name(options):
    with pytest.raises(InputError, match=next(iter(options))):
        ScreeningConfig(**options)


def test_the_report_counts_what_was_left_out_and_what_is_left():
    hour = 3600
    rows = [
        ("ann", "mug", "view_item", START),
        ("ann", "mug", "view_item", START + 60),  # a repeat
        ("ann", "rug", "purchase", START + 120),
        ("ann", "rug", "refund", START + 5 * hour),  # takes the purchase back
        ("ben", "mug", "view_item", START),
        ("ben", "pan", "add_to_cart", START + 2 * hour),
        ("ben", "rug", "view_item", START + 49 * hour),
    ]
    report = cleaning_report(build_dataset(screened(interactions_of(rows), ScreeningConfig())))
    assert {name: report["left_out"][name] for name in ("taken_back", "repeats", "weigh_nothing")} == {
        "taken_back": 2, "repeats": 1, "weigh_nothing": 0
    }  # fmt: skip
    assert report["kept"] == 4 and report["by_weight"] == {"1": 3, "2": 1}
    assert report["sessions"] == 4 and report["interactions_a_session"] == 1
    assert report["days_since_last"] == pytest.approx(49 / 24 / 2, abs=0.01)


def test_what_was_left_out_is_said():
    rows = [*PEOPLE, *views("crawler", 40, 8), ("ann", "mug", "view_item", 1.0)]
    times, programs = screening_notices(screened(interactions_of(rows), FEW))
    assert "1 interactions at impossible times" in times and "1 visitors" in programs and "40" in programs


def test_a_history_that_is_too_long_is_said_and_counted(monkeypatch):
    monkeypatch.setattr("recommender.data.dataset.LONGEST", 30)
    dataset = build_dataset(interactions_of([*PEOPLE, *views("reader", 40, 8)]))
    assert "left out 10 interactions: of a visitor the newest" in length_notices(dataset)[0]
    assert cleaning_report(dataset)["left_out"]["too_old"] == 10
    assert length_notices(build_dataset(interactions_of(PEOPLE))) == ()
