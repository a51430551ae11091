"""A history is cleaned at serving as training cleans it."""

import numpy as np
import pytest

from recommender.data.dataset import build_dataset
from recommender.data.events import EVENT_TYPES, EVENT_WEIGHTS
from recommender.data.interactions import Interactions
from recommender.serving import HistoryEvent
from recommender.serving.behaviour import as_histories, standing_events

ITEMS = np.array(["mug", "lamp", "rug"], object)
CODE_OF = {item: code for code, item in enumerate(ITEMS)}


#: Of a shop that thinks otherwise than the defaults: views teach nothing, a wish more than a cart.
OWN_WEIGHTS = {"view_item": 0.0, "add_to_wishlist": 4.0, "add_to_cart": 1.5, "purchase": 2.0}


def trained(codes_N, types_N, seconds_N, weights):
    """The history that training makes of one visitor's rows: (item, second, weight)."""
    visitors_N = np.zeros(len(codes_N), np.int32)
    rows = Interactions(np.array(["ann"], object), ITEMS, visitors_N, codes_N, seconds_N, types_N)
    dataset = build_dataset(rows, weights=weights)
    histories = dataset.histories
    names = dataset.item_ids[histories.items_N]
    return list(zip(names, histories.seconds_N.tolist(), histories.weights_N.tolist(), strict=True))


def served(codes_N, types_N, seconds_N, weights):
    """The same, of the same rows, at serving."""
    history = [
        HistoryEvent(ITEMS[code], EVENT_TYPES[kind], second)
        for code, kind, second in zip(codes_N, types_N, seconds_N.tolist(), strict=True)
    ]
    histories = as_histories(standing_events(history, CODE_OF, weights), (), CODE_OF, weights)
    names = ITEMS[histories.items_N]
    return list(zip(names, histories.seconds_N.tolist(), histories.weights_N.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("weights", [EVENT_WEIGHTS, OWN_WEIGHTS], ids=["usual", "own"])
def test_serving_and_training_make_the_same_history(seed, weights):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 25))
    codes_N = rng.integers(0, len(ITEMS), count).astype(np.int32)
    types_N = rng.integers(0, len(EVENT_TYPES), count).astype(np.int8)
    seconds_N = np.sort(rng.integers(0, 2 * count, count)).astype(float)
    assert served(codes_N, types_N, seconds_N, weights) == trained(codes_N, types_N, seconds_N, weights)
