"""Made-up behaviour as the library reads it: rows of (visitor, item, event type, second)."""

import itertools

import numpy as np
import pyarrow as pa

from recommender.data.dataset import build_dataset
from recommender.data.events import EVENT_TYPES
from recommender.data.interactions import Interactions


def interactions_of(rows):
    """What `read_interactions` makes of these rows."""
    (visitors, rows_N), (items, items_N) = (_numbered([row[place] for row in rows]) for place in (0, 1))
    return Interactions(
        np.array(visitors, object),
        np.array(items, object),
        np.array(rows_N, np.int32),
        np.array(items_N, np.int32),
        np.array([row[3] for row in rows], np.float64),
        np.array([EVENT_TYPES.index(row[2]) for row in rows], np.int8),
    )


def _numbered(names):
    """Each name once, in the order of their first appearance, and where each of `names` stands among them."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return list(numbers), [numbers[name] for name in names]


def dataset_of(rows, catalog=None):
    return build_dataset(interactions_of(rows), catalog)


def described(items=17, others=()):
    """A catalog: the titles of `item-n` and `item-(n + 1)` share a word; the others have none."""
    ids = [f"item-{number}" for number in range(items)]
    titles = [f"a{number} thing with a{(number + 1) % items}" for number in range(items)]
    return pa.table({"item_id": [*ids, *others], "title": [*titles, *(None for _ in others)]})


def walks(visitors=60, items=17, seed=0, length=9):
    """Each visitor walks on through the items in small steps, a minute apart; some buy. More visitors than items."""
    rng = np.random.default_rng(seed)
    for visitor in range(visitors):
        place, second = int(rng.integers(items)), 1.9e9 + float(rng.integers(90 * 86400))
        for _ in range(int(rng.integers(2, length + 1))):
            place = (place + int(rng.choice([1, 1, 1, 2, 5]))) % items
            kind = "purchase" if rng.random() < 0.3 else "view_item"
            yield f"visitor-{visitor}", f"item-{place}", kind, second
            second += 60.0


def lists_of(histories):
    """Plain Python: for each row the list of (item, second, weight)."""
    columns = [histories.items_N.tolist(), histories.seconds_N.tolist(), histories.weights_N.tolist()]
    rows = list(zip(*columns, strict=True))
    ends = histories.starts_B1.tolist()
    return [rows[start:end] for start, end in itertools.pairwise(ends)]
