"""A slate drawn again from its record alone is the slate that was drawn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.slate import DEFAULT_KNOBS, KNOB_NAMES, Knobs, Rule, SlateCandidates, make_slate
from recommender.slate.logged import chances_under, draw_again, record_of
from recommender.slate.record import SCHEMA, RecordError, SlateRecord
from recommender.slate.sampling import chances_of
from tests.recommender.slate.shops import candidates_of, profile_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LATER = (NOW + timedelta(days=1)).isoformat()
RULES = [
    {"kind": "boost", "match": {"price": {"max": 20}}, "strength": 0.3},
    {"kind": "pin", "match": {"category": "category-3"}, "position": 2},
    {"kind": "exclude", "match": {"brand": "brand-0"}},
    {"kind": "bury", "match": {"age_days": {"min": 100}}, "strength": 0.7},
    {"kind": "pin", "match": {"tags": "sale"}, "position": 5},
    {"kind": "include_only", "match": {"impressions": {"max": 900}}},
    {"kind": "boost", "match": {"category": "category-1"}, "starts_at": LATER},
]
knob = st.sampled_from([0.0, 0.05, 0.3, 1.0])
any_knobs = st.builds(
    Knobs,
    **dict.fromkeys(KNOB_NAMES, knob),
    explore_max_age_days=st.sampled_from([None, 0.0, 60.0]),
    fairness_attribute=st.sampled_from(["brand", "category"]),
)
unknown_columns = st.sets(
    st.sampled_from(["vectors", "categories", "brands", "impressions", "age_days", "popularity", "groups"])
)


def drawn(candidates, knobs, *, rules=(), n=8, seed=5, profile=None):
    slate = make_slate(candidates, knobs, n, rules, profile, np.random.default_rng(seed), NOW)
    codes = [7_000 + 3 * int(item_id.partition("-")[2]) for item_id in candidates.item_ids]
    return slate, codes, record_of(candidates, codes, knobs, profile, n, slate)


@settings(max_examples=60)
@given(any_knobs, st.integers(0, 50), unknown_columns, st.sets(st.integers(0, len(RULES) - 1)), st.integers(1, 25))
def test_whatever_knobs_and_rules_made_it(knobs, seed, unknown, chosen, n):
    candidates = candidates_of(seed, count=40)
    variants = [f"product-{place % 30}" if place % 2 else None for place in range(40)]
    candidates = replace(candidates, groups=variants, **dict.fromkeys(unknown - {"groups"}))
    rules = [Rule.from_dict(RULES[number]) for number in sorted(chosen)]
    slate, codes, record = drawn(candidates, knobs, rules=rules, n=n, seed=seed, profile=profile_of(seed))
    kept = SlateRecord.decode(record.encode())
    again = draw_again(kept, knobs, rules, seed)
    assert again.indices.tolist() == kept.shown_K.tolist()
    assert kept.codes_C[again.indices].tolist() == [codes[index] for index in slate.indices]
    assert again.propensities.tolist() == slate.propensities.tolist()
    assert again.explored.tolist() == slate.explored.tolist()


@pytest.mark.parametrize("name", KNOB_NAMES)
def test_what_a_knob_alone_reads_is_kept(name):
    """A knob whose draw cannot be made again reads a column that it does not name (`reads` of recommender.slate.Knob),
    or one that recommender/slate/record.py cannot keep yet."""
    knobs = Knobs(**{name: 0.8}, explore_max_age_days=50.0)
    slate, codes, record = drawn(candidates_of(8), knobs, profile=profile_of(8))
    again = draw_again(SlateRecord.decode(record.encode()), knobs, (), 5)
    assert record.codes_C[again.indices].tolist() == [codes[index] for index in slate.indices]


def test_scores_and_ages_that_no_shop_has_are_kept_to_the_last_digit():
    candidates = candidates_of(3, count=30)
    scores = np.array([0.0, 1e-300, 1 / 3, 0.1 + 0.2, *np.float32(candidates.scores[4:])])
    impressions = np.where(np.arange(30) % 3, np.arange(30.0), np.nan)
    ages = np.where(np.arange(30) % 5, np.arange(30) * np.pi, np.nan)
    candidates = replace(candidates, scores=scores, impressions=impressions, age_days=ages)
    knobs = Knobs(exploration=1.0, explore_max_age_days=50.0)
    slate, _, record = drawn(candidates, knobs)
    kept = SlateRecord.decode(record.encode())
    assert kept.scores_C.tolist() == sorted(scores.tolist(), reverse=True)
    assert draw_again(kept, knobs, (), 5).propensities.tolist() == slate.propensities.tolist()


def test_what_was_believed_of_items_and_visitor_is_kept():
    rng = np.random.default_rng(6)
    believed = {"worths": rng.uniform(0.5, 2.0, 40), "fatigue": rng.uniform(0.3, 1.0, 40)}
    doubts = np.where(np.arange(40) % 4, rng.uniform(0.0, 0.5, 40), np.nan)
    candidates = replace(candidates_of(6, count=40), doubts=doubts, **believed)
    knobs = Knobs(exploration=0.4, diversity=0.3, explore_floor=0.1)
    slate, codes, record = drawn(candidates, knobs)
    kept = SlateRecord.decode(record.encode())
    again = draw_again(kept, knobs, (), 5)
    assert kept.codes_C[again.indices].tolist() == [codes[index] for index in slate.indices]
    assert again.propensities.tolist() == slate.propensities.tolist()


def test_a_record_tells_what_another_exponent_of_fatigue_would_have_made_of_the_slate():
    candidates = candidates_of(5, count=40)
    served, asked = Knobs(exploration=0.4, diversity=0.3, fatigue=1.0), Knobs(exploration=0.4, diversity=0.3)
    slate, _, record = drawn(candidates, served)
    kept, shown = SlateRecord.decode(record.encode()), slate.indices.tolist()
    for knobs in (served, asked, replace(served, fatigue=0.4)):
        truth = chances_of(candidates, knobs, shown, 8)
        assert chances_under(kept, knobs, ()) == pytest.approx(truth, rel=1e-5)
    assert chances_of(candidates, asked, shown, 8) != pytest.approx(chances_of(candidates, served, shown, 8), rel=0.01)


def test_believed_items_need_no_impressions_in_the_log():
    candidates = replace(candidates_of(5, count=40), doubts=np.arange(40) / 256.0)
    knobs = Knobs(exploration=0.4, diversity=0.3)
    slate, _, record = drawn(candidates, knobs)
    kept = SlateRecord.decode(record.encode())
    assert (kept.impressions_C, kept.popularity_C) == (None, None)
    assert draw_again(kept, knobs, (), 5).propensities.tolist() == slate.propensities.tolist()


def test_an_empty_slate_has_a_record_too():
    knobs = Knobs(exploration=0.5)
    _, _, record = drawn(SlateCandidates(item_ids=[], scores=np.zeros(0)), knobs)
    assert len(draw_again(SlateRecord.decode(record.encode()), knobs, (), 5).indices) == 0


def test_other_knobs_draw_another_slate_or_are_refused():
    """Else the test above would pass whatever is drawn."""
    knobs = Knobs(exploration=0.3, diversity=0.3)
    candidates = candidates_of(2)
    slate, _, record = drawn(candidates, knobs)
    other = draw_again(record, replace(knobs, exploration=0.31), (), 5)
    assert other.propensities.tolist() != slate.propensities.tolist()
    with pytest.raises(InputError, match="the log does not say"):
        draw_again(record, knobs, (), 6)


def test_a_record_takes_few_bytes():
    """8 of 200 with the knobs of a new placement, ids and counts as noisy as they are in shops."""
    rng = np.random.default_rng(4)
    candidates = candidates_of(4, count=200)
    doubts = np.rint(256.0 / np.sqrt(10.0 + rng.geometric(0.3, 200))) / 256.0
    candidates = replace(candidates, scores=np.float32(candidates.scores).astype(float), doubts=doubts)
    knobs = DEFAULT_KNOBS
    slate, _, _ = drawn(candidates, knobs, profile=profile_of(4))
    record = record_of(candidates, rng.choice(12_000, 200, replace=False), knobs, profile_of(4), 8, slate)
    assert len(record.encode()) < 2_700


@pytest.mark.parametrize("raw", [b"", bytes([SCHEMA]), bytes([SCHEMA]) + b"noise", bytes([SCHEMA + 1]) + b"x"])
def test_bytes_that_are_no_record_are_refused(raw):
    with pytest.raises(RecordError, match="record: "):
        SlateRecord.decode(raw)


def test_a_damaged_record_is_refused():
    _, _, record = drawn(candidates_of(2), Knobs())
    raw = record.encode()
    with pytest.raises(RecordError, match="cannot be read"):
        SlateRecord.decode(raw[: len(raw) // 2])


def test_rules_of_another_policy_are_refused():
    rules = [Rule.from_dict(RULES[0])]
    _, _, record = drawn(candidates_of(2), Knobs(), rules=rules)
    with pytest.raises(RecordError, match="rules that the policy does not have"):
        draw_again(record, Knobs(), (), 5)
