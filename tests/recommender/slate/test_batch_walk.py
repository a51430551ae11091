"""Chances of many slates at once: those that each slate has by itself, whatever knobs and rules judge it."""

from dataclasses import fields, replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from recommender.errors import InputError
from recommender.slate import Knobs, Rule, terms
from recommender.slate.batch import SlateBatch, batches_of
from recommender.slate.batch_file import packed_batch, unpacked_batch
from recommender.slate.batch_making import BatchRules, SlatesInTheMaking
from recommender.slate.batch_read import batches_of_bytes
from recommender.slate.batch_walk import walk
from recommender.slate.logged import chances_under
from recommender.slate.record import SlateRecord, _encoded, opened
from tests.recommender.slate.shops import candidates_of, profile_of
from tests.recommender.slate.test_record import RULES, any_knobs, drawn

MADE = Knobs(exploration=0.4, diversity=0.3, calibration=0.2, novelty=0.1, fairness=0.3)


def log(made, *, seeds=range(6), rules=(), count=40, n=8):
    records = []
    for seed in seeds:
        candidates = candidates_of(seed, count=count)
        variants = [f"product-{place % 30}" if place % 2 else None for place in range(count)]
        profile = profile_of(seed) if seed % 3 else None
        record = drawn(
            replace(candidates, groups=variants), made, rules=rules, n=n - seed % 2, seed=seed, profile=profile
        )[2]
        records.append(SlateRecord.decode(record.encode()))
    return records


def rules_of(batch, rules):
    """As the log knows them: which items each concerned, and the groups that fairness read."""
    lift_NC, kept_NC, pins = np.zeros(batch.scores_NC.shape), np.ones(batch.scores_NC.shape, bool), []
    for number, matched_NC in batch.matched_NC.items():
        rule, active_N1 = rules[number], batch.active_N[number][:, None]
        if rule.kind == "pin":
            pins.append((rule.position, matched_NC))
        elif rule.kind == "include_only":
            kept_NC &= matched_NC | ~active_N1
        elif rule.kind == "exclude":
            kept_NC &= ~matched_NC
        else:
            lift_NC += matched_NC * (1 if rule.kind == "boost" else -1) * rule.strength * terms.RULE_WEIGHT
    return BatchRules(lift_NC, kept_NC, sorted(pins, key=lambda pin: pin[0]), batch.fairness_NC)


def to_the_first_zero(chances):
    """A slate that a policy would never have come to has no chances after that."""
    return np.where(np.cumsum(np.concatenate([[False], chances[:-1] == 0])) > 0, 0.0, chances)


def compared(records, knobs, rules):
    for batch in batches_of(enumerate(records)):
        walked = walk(batch, knobs, rules_of(batch, rules))
        for place, row in enumerate(batch.rows_N.tolist()):
            if walked.told_N[place]:
                found = to_the_first_zero(walked.chances_NK[place])
                yield found, chances_under(records[row], knobs, rules)


@settings(max_examples=60)
@given(any_knobs, any_knobs, st.sets(st.integers(0, len(RULES) - 1)))
def test_they_are_those_of_each_slate_by_itself(made, judged, chosen):
    rules = [Rule.from_dict(RULES[number]) for number in sorted(chosen)]
    judged = replace(judged, fairness_attribute=made.fairness_attribute, fairness=judged.fairness * bool(made.fairness))
    judged = replace(judged, fatigue=made.fatigue)  # which a batch holds in its scores
    told = 0
    for many, one in compared(log(made, rules=rules), judged, rules):
        told += 1
        assert many == pytest.approx(one, rel=1e-9, abs=1e-12)
    assert told == 6


def test_shops_of_few_items_run_out_of_them():
    rules = [Rule.from_dict(RULES[1]), Rule.from_dict(RULES[4])]
    records = log(MADE, rules=rules, count=7, n=12)
    assert [one.tolist() for _, one in compared(records, MADE, rules)]
    for many, one in compared(records, replace(MADE, exploration=0.8), rules):
        assert many == pytest.approx(one, rel=1e-9)


def test_the_chances_of_all_candidates_sum_to_one_and_say_what_is_expected():
    (batch,) = batches_of(enumerate(log(MADE, seeds=[0, 2, 4])))
    walked = walk(batch, replace(MADE, fairness=0.0), with_odds=True)
    assert walked.odds_NKC.sum(axis=2) == pytest.approx(1.0)
    expected_NK = (walked.odds_NKC * batch.scores_NC[:, None]).sum(axis=2)
    assert walked.expected_NK == pytest.approx(expected_NK)
    assert walked.left_NK[0, 0] == 40


def test_a_pin_that_was_not_shown_leaves_open_what_diversity_would_make_of_it():
    (batch,) = batches_of(enumerate(log(MADE, seeds=[0, 2, 4])))
    hidden_NC = np.ones(batch.scores_NC.shape, bool)
    np.put_along_axis(hidden_NC, batch.shown_NK, False, axis=1)
    pinned = BatchRules(pins=[(8, hidden_NC)])
    assert not walk(batch, MADE, pinned).told_N.any()
    assert walk(batch, replace(MADE, diversity=0.0), pinned).told_N.all()


def test_a_part_of_a_batch_is_the_batch_of_a_part():
    records = log(MADE, seeds=[0, 2, 4, 6])
    (whole,) = batches_of(enumerate(records))
    part = whole.part(np.array([1, 3]))
    assert (part.rows_N.tolist(), len(part)) == ([1, 3], 2)
    judged = replace(MADE, fairness=0.0)
    assert walk(part, judged).chances_NK == pytest.approx(walk(whole, judged).chances_NK[[1, 3]])


def test_a_batch_is_read_back_as_it_was():
    rules = [Rule.from_dict(RULES[number]) for number in (0, 1, 3)]
    for batch in batches_of(enumerate(log(MADE, rules=rules))):
        again = unpacked_batch(packed_batch(batch))
        for part in fields(SlateBatch):
            before, after = getattr(batch, part.name), getattr(again, part.name)
            assert (
                np.array_equal(before, after, equal_nan=True)
                if isinstance(before, np.ndarray)
                else (
                    {key: value.tolist() for key, value in before.items()}
                    == {key: value.tolist() for key, value in after.items()}
                    if isinstance(before, dict)
                    else before == after
                )
            ), part.name
        assert walk(again, MADE, rules_of(again, rules)).chances_NK.tolist() == (
            walk(batch, MADE, rules_of(batch, rules)).chances_NK.tolist()
        )


@pytest.mark.parametrize("raw", [b"", b"nothing", packed_batch(batches_of(enumerate(log(MADE, seeds=[0])))[0])[:-9]])
def test_bytes_that_are_no_batch_are_refused(raw):
    with pytest.raises(InputError, match="batch: cannot be read"):
        unpacked_batch(raw)


@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_what_is_drawn_of_many_comes_as_often_as_its_chance_says(floor):
    (batch,) = batches_of(enumerate(log(MADE, seeds=[0])))
    many, judged = batch.part(np.zeros(20_000, int)), replace(MADE, fairness=0.0, explore_floor=floor)
    making, rng = SlatesInTheMaking(many, judged, BatchRules()), np.random.default_rng(5)
    odds_C = walk(batch, judged, with_odds=True).odds_NKC[0, 0]
    first_N, explored_N, is_there_N = making.draw(1, rng.random(len(many)))
    expected_C, found_C = len(many) * odds_C, np.bincount(first_N, minlength=len(odds_C))
    told_C = expected_C > 5
    assert ((found_C - expected_C)[told_C] ** 2 / expected_C[told_C]).sum() < chi2.ppf(0.999, told_C.sum())
    assert (found_C[odds_C == 0] == 0).all() and is_there_N.all()
    assert explored_N.tolist() == (first_N != odds_C.argmax()).tolist()
    for place in range(2, 41):
        making.choose(making.rows_N, first_N)
        first_N, _, is_there_N = making.draw(place, rng.random(len(many)))
    assert not is_there_N.any()  # variants of a product are there once


def raw_log(made, **asked):
    return [record.encode() for record in log(made, **asked)]


@pytest.mark.parametrize("made", [MADE, Knobs(exploration=0.2), replace(MADE, fairness=0.0, novelty=0.0)], ids=str)
def test_batches_are_read_from_bytes_as_from_records(made):
    rules = [Rule.from_dict(RULES[number]) for number in (0, 1, 3)]
    raws = raw_log(made, rules=rules) + raw_log(made, seeds=[7])
    read, refused = batches_of_bytes(enumerate(raws))
    assert not refused
    for one, other in zip(read, batches_of((n, SlateRecord.decode(raw)) for n, raw in enumerate(raws)), strict=True):
        for part in fields(SlateBatch):
            before, after = getattr(other, part.name), getattr(one, part.name)
            if isinstance(before, dict):
                assert {key: value.tolist() for key, value in before.items()} == {
                    key: value.tolist() for key, value in after.items()
                }
            elif isinstance(before, np.ndarray):
                assert np.array_equal(before, after, equal_nan=before.dtype.kind == "f"), part.name
            else:
                assert before == after, part.name


def test_a_damaged_record_is_told_and_keeps_no_other_from_its_batch():
    raws = raw_log(MADE, seeds=[0, 2, 4])
    packed, likeness = opened(raws[1])
    kind, first, steps = packed.scores
    damaged = _encoded(
        msgspec.structs.replace(packed, scores=(kind, first, steps[:-4])), np.frombuffer(likeness, np.int8)
    )
    read, refused = batches_of_bytes([(4, raws[0]), (5, damaged), (6, b"\x63old"), (7, raws[2])])
    assert [batch.rows_N.tolist() for batch in read] == [[4, 7]]
    assert "cannot be read" in str(refused[5]) and "schema" in str(refused[6])
