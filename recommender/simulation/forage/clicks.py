"""What the visitors of the laboratory clicked, as a shop sends it: for trainings, and as the history of each."""

from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recommender.serving.recommender import Recommender
from recommender.serving.types import HistoryEvent
from recommender.simulation.makers import Seen
from recommender.simulation.world import World
from recommender.training.pipeline import Order, train
from recommender.training.presets import PRESETS
from recommender.training.progress import Progress

PRESET = "fast"
START_SECONDS = 1_600_000_000.0  # when the first day begins
DAY_SECONDS, SLOT_SECONDS = 86_400.0, 60.0
HISTORY_LENGTH = 50  # that serving reads


def item_id(code: int) -> str:
    """What the catalog calls an item."""
    return f"{code}"


class Clicks:
    """All that was clicked. `histories`: of each visitor the newest, oldest first."""

    def __init__(self, visitors: int) -> None:
        self.histories: list[deque[HistoryEvent]] = [deque(maxlen=HISTORY_LENGTH) for _ in range(visitors)]
        self._visitors: list[int] = []
        self._events: list[HistoryEvent] = []

    def __len__(self) -> int:
        return len(self._events)

    def add(self, day: int, seen: Seen) -> None:
        """A day's clicks; whoever clicks an item opens its page."""
        clicked = np.flatnonzero(seen.clicked_N)
        columns = (seen.visitors_N[clicked], seen.codes_N[clicked], seen.slots_N[clicked])
        for visitor, code, slot in zip(*(column.tolist() for column in columns), strict=True):
            event = HistoryEvent(item_id(code), "view_item", START_SECONDS + day * DAY_SECONDS + slot * SLOT_SECONDS)
            self.histories[visitor].append(event)
            self._visitors.append(visitor)
            self._events.append(event)

    def write(self, path: Path) -> None:
        """As the command `train` reads it."""
        items, types, seconds = zip(*self._events, strict=True)
        visitors = [str(visitor) for visitor in self._visitors]
        columns = {"visitor_id": visitors, "item_id": items, "timestamp": seconds, "event_type": types}
        pq.write_table(pa.table(columns), path)


def trained(clicks: Clicks, world: World, on_sale: int, seed: int) -> Recommender | None:
    """The model of a run on all clicks and the catalog of the day; None where nothing was clicked yet."""
    if not len(clicks):
        return None
    with TemporaryDirectory() as name:
        folder = Path(name)
        clicks.write(folder / "interactions.parquet")
        pq.write_table(_catalog(world, on_sale), folder / "items.parquet")
        order = Order(
            interactions=folder / "interactions.parquet",
            items=folder / "items.parquet",
            out=folder / "model",
            config=PRESETS[PRESET],
            preset=PRESET,
            seed=seed,
            device="cpu",
        )
        with Progress() as progress:
            train(order, progress)
        return Recommender.load(folder / "model")


def _catalog(world: World, on_sale: int) -> pa.Table:
    items = world.items
    return pa.table(
        {
            "item_id": [item_id(code) for code in range(on_sale)],
            "title": [f"Item {code}" for code in range(on_sale)],
            "categories": [category(interest) for interest in items.interest_I[:on_sale].tolist()],
            "price": np.exp(items.price_I[:on_sale]),
            "published_at": START_SECONDS + items.arrival_I[:on_sale] * DAY_SECONDS,
        }
    )


def category(interest: int) -> str:
    """What the catalog calls an interest."""
    return f"Category {interest}"
