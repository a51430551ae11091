"""A training tells what emerges: items without a name in one file, its visitors by their rows in the other."""

import numpy as np

from benchmarks.known_interests import NOW, KnownShop, made
from recommender.data.histories import Histories, concatenate
from recommender.models.factors import Factors, FactorsConfig
from recommender.training.segmenting import emerging_table, segment, visitors_table

DAY = 86_400.0


def test_what_emerges_in_a_training_stands_in_its_tables():
    shop = KnownShop(4, 0.2, 0.3, 0.0, second=0.3, items_each=60, zipf=1.0, seed=3)
    dataset, _interests = made(shop, visitors=1500)
    rng = np.random.default_rng(8)
    newest = dataset.histories.seconds_N.max()
    rare_I = np.argsort(np.bincount(dataset.histories.items_N, minlength=dataset.items), kind="stable")[:8]
    who = np.sort(rng.choice(len(dataset.visitor_ids), 60, replace=False))
    more = _appended(len(dataset.visitor_ids), who, [rng.choice(rare_I, 4, replace=False) for _ in who], newest, rng)
    grown = type(dataset)(dataset.visitor_ids, dataset.item_ids, concatenate(dataset.histories, more))
    segmented = segment(grown, Factors(FactorsConfig()).fit(grown), seed=1)
    (entry,) = emerging_table(grown, segmented)
    assert set(entry["items"]) <= {dataset.item_ids[item] for item in rare_I}
    table = visitors_table(grown, segmented).to_pydict()
    assert table["emerging"].count(entry["number"]) == entry["visitors"] >= 55
    told = {visitor for visitor, number in zip(table["visitor_id"], table["emerging"], strict=True) if number}
    assert len(told & set(dataset.visitor_ids[who])) >= 55
    assert newest <= NOW
    assert "v" not in entry["items"]


def _appended(visitors, who, items, newest, rng):
    """A history for each visitor, empty but for those of `who`."""
    counts = np.zeros(visitors, np.int64)
    counts[who] = [len(own) for own in items]
    starts = np.concatenate([[0], np.cumsum(counts)])
    seconds = np.concatenate([np.sort(newest - rng.uniform(1, 20, len(own)) * DAY) for own in items])
    codes = np.concatenate(items).astype(np.int32)
    return Histories(starts, codes, seconds, np.ones(len(codes), np.float32))
