"""A small garden shop: three tastes, more visitors than items, and an artifact trained on what they did."""

import csv

import numpy as np

from recommender.serving import HistoryEvent
from recommender.training.pipeline import Order, train
from recommender.training.presets import PRESETS
from recommender.training.progress import Progress

TASTES, ITEMS_OF_A_TASTE, VISITORS = 3, 11, 75
THEMES = ("Rose", "Fern", "Cactus")
NEVER_TOUCHED = "2-10"  # in the catalog, without any behaviour
BY_ALL = "0-0"  # every visitor buys it first: the most popular item


def item(taste, number):
    return f"{taste}-{number}"


def taste_of(item_id):
    return int(item_id.split("-")[0])


def events(*pairs, start=2e9):
    """(type, item_id) pairs as a history, a minute apart."""
    return [HistoryEvent(item_id, kind, start + 60.0 * place) for place, (kind, item_id) in enumerate(pairs)]


def views(*item_ids):
    return events(*(("view_item", item_id) for item_id in item_ids))


def behaviour(seed=7):
    """(visitor_id, item_id, event type, seconds) of walks through the items of one taste."""
    rng = np.random.default_rng(seed)
    for visitor in range(VISITORS):
        taste, second = visitor % TASTES, 1.9e9 + 5000 * visitor
        yield f"visitor-{visitor}", BY_ALL, "purchase", second - 600
        step = 1 + int(rng.integers(0, 2))
        for place, number in enumerate((rng.integers(0, 10) + step * np.arange(6)) % 10):
            kind = "purchase" if rng.random() < 0.3 else "view_item"
            yield f"visitor-{visitor}", item(taste, number), kind, second + 60 * place


def train_garden(folder, config=PRESETS["fast"]):
    """The folder of an artifact, of the preset `fast` unless another config is given."""
    _write(folder / "interactions.csv", ("visitor_id", "item_id", "event_type", "timestamp"), behaviour())
    catalog = [
        (item(taste, number), f"{THEMES[taste]} pot {number}", THEMES[taste])
        for taste in range(TASTES)
        for number in range(ITEMS_OF_A_TASTE)
    ]
    _write(folder / "items.csv", ("item_id", "title", "categories"), catalog)
    out = folder / "model"
    files = {"interactions": folder / "interactions.csv", "items": folder / "items.csv"}
    with Progress() as progress:
        train(Order(out=out, config=config, preset="fast", seed=1, **files), progress)
    return out


def _write(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        if len(header) == 4:
            rows = ((visitor, item_id, kind, f"{second:.0f}") for visitor, item_id, kind, second in rows)
        csv.writer(file).writerows([header, *rows])
