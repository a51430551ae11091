"""Buckets: fixed for ever, uniform, and independent between salts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.experiments.assignment import Traffic, bucket, pick_variant

VISITORS = [f"visitor-{number}" for number in range(20_000)]


@pytest.mark.parametrize(
    ("salt", "visitor_id", "value"),
    [
        ("salt", "visitor", 0.2166431044467496),
        ("2f9c/variant", "17850", 0.15845257701335225),
        ("2f9c/traffic", "17850", 0.9402725873163976),
        ("home/group", "顾客-1", 0.004495911653477291),
    ],
)
def test_a_bucket_never_changes(salt, visitor_id, value):
    assert bucket(salt, visitor_id) == value


@given(st.text(), st.text())
def test_a_bucket_lies_between_zero_and_one(salt, visitor_id):
    assert 0 <= bucket(salt.encode(errors="ignore").decode(), visitor_id.encode(errors="ignore").decode()) < 1


def test_buckets_are_uniform():
    values = [bucket("salt", visitor) for visitor in VISITORS]
    assert stats.kstest(values, "uniform").pvalue > 0.001


def test_buckets_of_two_salts_are_independent():
    one = [bucket("one", visitor) for visitor in VISITORS]
    two = [bucket("two", visitor) for visitor in VISITORS]
    counts = np.histogram2d(one, two, bins=10, range=[[0, 1], [0, 1]])[0]
    assert stats.chi2_contingency(counts).pvalue > 0.001


def test_the_variant_does_not_depend_on_being_in_the_traffic():
    taken = [visitor for visitor in VISITORS if Traffic(share=0.3).takes("s", visitor)]
    share_of_a = np.mean([pick_variant("s", visitor, {"A": 1, "B": 1}) == "A" for visitor in taken])
    assert abs(share_of_a - 0.5) < 4 * np.sqrt(0.25 / len(taken))


def test_variants_are_drawn_by_weight():
    picks = [pick_variant("s", visitor, {"A": 0.2, "B": 0.8}) for visitor in VISITORS]
    assert abs(picks.count("A") / len(picks) - 0.2) < 0.012


def test_raising_the_share_keeps_everyone_who_was_in():
    small, large = Traffic(share=0.2), Traffic(share=0.5)
    assert all(large.takes("s", visitor) for visitor in VISITORS if small.takes("s", visitor))


def test_two_slices_of_one_group_never_share_a_visitor():
    left = Traffic(group="front", group_start=0.0, group_end=0.5)
    right = Traffic(group="front", group_start=0.5, group_end=1.0)
    sides = [(left.takes("one", visitor), right.takes("two", visitor)) for visitor in VISITORS]
    assert all(a != b for a, b in sides)
