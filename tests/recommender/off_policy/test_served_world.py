"""The made-up shop by which estimates are held against the truth: its log says what was drawn."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import served_world
from recommender.off_policy import judge_slates
from recommender.slate import Knobs
from recommender.slate.batch import batches_of
from recommender.slate.batch_walk import walk
from recommender.slate.logged import record_of
from recommender.slate.record import SlateRecord
from recommender.slate.sampling import make_slate

KNOBS = Knobs(exploration=0.3, diversity=0.2, calibration=0.2, fatigue=1.0, explore_floor=0.02)


@pytest.fixture
def shop(monkeypatch):
    monkeypatch.setattr(served_world, "EARLIER_VISITORS", 30)
    monkeypatch.setattr(served_world, "EARLIER_DAYS", 3)
    return served_world.opened_shop(1, KNOBS)


def test_slates_are_judged_as_from_their_records(shop):
    rng, visitors = np.random.default_rng(2), 5
    scores_VI = rng.uniform(0.01, 0.4, (visitors, len(shop.items))).astype(np.float32).astype(float)
    profiles_VT = rng.integers(1, 5, (visitors, 8)).astype(float)
    codes, records = [], []
    for visitor in range(visitors):
        candidates = replace(shop.candidates(), scores=scores_VI[visitor])
        profile = {str(interest): share for interest, share in enumerate(profiles_VT[visitor].tolist())}
        drawn = make_slate(candidates, KNOBS, 8, profile=profile, rng=np.random.default_rng(visitor))
        record = record_of(candidates, range(len(shop.items)), KNOBS, profile, 8, drawn)
        codes.append(drawn.indices)
        records.append((visitor, SlateRecord.decode(record.encode())))
    (logged,), made = batches_of(records), served_world.batch_of(shop, scores_VI, profiles_VT, np.array(codes))
    for judged in (KNOBS, replace(KNOBS, exploration=0.6, diversity=0.4, calibration=0.0)):
        read, built = walk(logged, judged), walk(made, judged)
        assert built.chances_NK == pytest.approx(read.chances_NK, rel=1e-9)
        assert built.expected_NK == pytest.approx(read.expected_NK, rel=1e-9)


def test_the_policy_that_served_is_worth_what_its_slates_bring(shop):
    served = served_world.serve(shop, KNOBS, {"same": KNOBS}, visitors=60, days=3, seed=4)
    found = judge_slates(served.log("same"), min_effective=100.0)
    assert served.log("same").weights_NK == pytest.approx(1.0)
    assert found.snips.value == pytest.approx(served.clicked_NK.sum(axis=1).mean())
    assert found.snips.interval[0] < served.truth["same"] < found.snips.interval[1]
    assert served.truth["same"] == pytest.approx(served.truth["today"], rel=0.1)
