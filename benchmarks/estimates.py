"""What an estimate of a draft costs: `python -m benchmarks.estimates [--slates 50000]` prints JSON, processor seconds.

Slates of 8 places from 200 candidates, as serving logs them (500 different draws, repeated). `prepare` is done once a
slate, when it is new: its record is taken apart and its propensities are checked. `read` (files that hold what is
prepared), `walk` (chances under the draft) and `estimate` (three metrics) are what a question costs; the database adds
the heads of the slates and what they brought, about 0.5 s of its own for 50,000.
"""

import argparse
import json
import time
from dataclasses import replace

import numpy as np

from recommender.off_policy import SlateLog, change_by_doubly_robust, change_by_snips, fit_rewards, judge_slates
from recommender.slate import DEFAULT_KNOBS, SlateCandidates, make_slate
from recommender.slate.batch_file import packed_batch, unpacked_batch
from recommender.slate.batch_read import batches_of_bytes
from recommender.slate.batch_walk import walk
from recommender.slate.logged import record_of

CANDIDATES, PLACES, DIFFERENT = 200, 8, 500
JUDGED = replace(DEFAULT_KNOBS, exploration=0.15, diversity=0.4)
PROFILE = {f"category-{number}": 0.2 for number in range(5)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slates", type=int, default=50_000)
    count = parser.parse_args().slates
    raw, rng = [logged(seed) for seed in range(DIFFERENT)], np.random.default_rng(0)
    spent = {"prepare": 0.0, "read": 0.0, "walk": 0.0, "estimate": 0.0}
    files, logged_NK = [], []
    for start in range(0, count, 2_000):
        began = time.process_time()
        batches, _ = batches_of_bytes((number, raw[number % DIFFERENT]) for number in range(start, start + 2_000))
        logged_NK += [walk(batch, DEFAULT_KNOBS).chances_NK for batch in batches]
        files += map(packed_batch, batches)
        spent["prepare"] += time.process_time() - began
    judged = []
    for file in files:
        began = time.process_time()
        batch = unpacked_batch(file)
        read = time.process_time()
        judged.append((batch, walk(batch, JUDGED)))
        spent["read"] += read - began
        spent["walk"] += time.process_time() - read
    began = time.process_time()
    verdict = estimated(judged, np.concatenate(logged_NK), rng)
    spent["estimate"] = time.process_time() - began
    asked = sum(spent[part] for part in ("read", "walk", "estimate"))
    told = {name: round(seconds, 2) for name, seconds in {**spent, "a question": asked}.items()}
    print(json.dumps({"slates": count, **told, "megabytes": round(sum(map(len, files)) / 1e6), "worth": verdict}))


def logged(seed):
    """A slate as the log keeps it."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(CANDIDATES, 32))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    scores = np.float32(0.3 / np.arange(1, CANDIDATES + 1) ** 0.9 * np.exp(rng.normal(0.0, 0.3, CANDIDATES)))
    candidates = SlateCandidates(
        [f"item-{number}" for number in range(CANDIDATES)],
        scores.astype(float),
        vectors=vectors,
        categories=[f"category-{code}" for code in rng.integers(0, 12, CANDIDATES)],
        impressions=rng.integers(0, 2_000, CANDIDATES).astype(float),
        age_days=rng.integers(1, 200, CANDIDATES).astype(float),
        popularity=rng.integers(0, 3_000, CANDIDATES).astype(float),
    )
    drawn = make_slate(candidates, DEFAULT_KNOBS, PLACES, profile=PROFILE, rng=rng)
    return record_of(candidates, rng.permutation(CANDIDATES), DEFAULT_KNOBS, PROFILE, PLACES, drawn).encode()


def estimated(judged, logged_NK, rng):
    """How many slates of its own the log is worth."""
    chances_NK = np.concatenate([walked.chances_NK for _, walked in judged])
    expected_NK = np.concatenate([walked.expected_NK for _, walked in judged])
    shown = [np.take_along_axis(batch.scores_NC, batch.shown_NK, axis=1) for batch, _ in judged]
    score_NK, unit_N = np.concatenate(shown), np.arange(len(logged_NK)) // 3
    for _metric in ("clicks", "purchases", "revenue"):
        reward_NK = (rng.random(logged_NK.shape) < 0.3 * score_NK).astype(float)
        model = fit_rewards(reward_NK, score_NK, unit_N)
        log = SlateLog(reward_NK, logged_NK, chances_NK, model.of(score_NK), model.of(expected_NK), unit_N)
        today = replace(log, judged_NK=logged_NK)
        verdict = judge_slates(log)
        change_by_snips(log, today)
        change_by_doubly_robust(log, today)
    return round(verdict.effective)


if __name__ == "__main__":
    main()
