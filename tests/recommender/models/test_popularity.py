import numpy as np
import pytest

from recommender.models.popularity import Popularity, PopularityConfig
from tests.recommender.made import dataset_of

DAY = 86400.0


def popularity_of(rows, **options):
    dataset = dataset_of(rows)
    fitted = Popularity(PopularityConfig(**options)).fit(dataset)
    return dict(zip(dataset.item_ids, fitted.scores(dataset.histories)[0].tolist(), strict=True))


def test_an_interaction_counts_half_for_every_half_life_that_it_is_old():
    rows = [
        ("ann", "mug", "view_item", 100 * DAY),
        ("bob", "lamp", "view_item", 93 * DAY),  # one half-life of seven days
        ("cleo", "lamp", "view_item", 86 * DAY),  # two
        ("ann", "rug", "view_item", 79 * DAY),  # three
    ]
    found = popularity_of(rows, half_life_days=7, smoothing=0)
    assert found == pytest.approx({"mug": 1.0, "lamp": 0.5 + 0.25, "rug": 0.125})


def test_events_count_by_their_weight():
    kinds = {"mug": "view_item", "lamp": "add_to_cart", "rug": "purchase"}
    rows = [(f"visitor of {item}", item, kind, 5) for item, kind in kinds.items()]
    assert popularity_of(rows, smoothing=0) == pytest.approx({"mug": 1.0, "lamp": 2.0, "rug": 3.0})


def test_smoothing_gives_every_item_a_little():
    rows = [("ann", "mug", "view_item", 1), ("bob", "lamp", "purchase", 1), ("bob", "lamp", "refund", 2)]
    assert popularity_of(rows, smoothing=0.25) == pytest.approx({"mug": 1.25, "lamp": 0.25})


def test_everybody_gets_the_same_scores(dataset):
    scores_BI = Popularity().fit(dataset).scores(dataset.histories)
    assert np.ptp(scores_BI, axis=0).max() == 0 and np.ptp(scores_BI, axis=1).min() > 0
