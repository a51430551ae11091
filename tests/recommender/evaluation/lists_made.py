"""Made-up lists, what came next, and histories, none of them symmetric: 23 visitors, 17 items, lists of 6."""

import numpy as np

VISITORS, ITEMS, LENGTH = 23, 17, 6


def made(seed=7):
    """(history, relevant, list) of each visitor; the three share no item but hits, some are all hits and some none."""
    rng = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, ITEMS + 1)
    rows = []
    for visitor in range(VISITORS):
        order = rng.choice(ITEMS, ITEMS, replace=False, p=popularity / popularity.sum())
        cut, wanted = 1 + visitor % 5, 1 + visitor % 4
        history, rest = order[:cut], rng.permutation(order[cut:])
        near = [*rest[:wanted], *rest[wanted : wanted + 1 + visitor % 6]] if visitor % 7 else [*rest[wanted:]]
        relevant, others = rest[:wanted], [item for item in rest if item not in near]
        shown = [*rng.permutation(near), *others][:LENGTH]
        rows.append([int(item) for item in part] for part in (history, relevant, shown))
    return [tuple(row) for row in rows]


def features():
    """(I, 4): rows of an item's attributes, all different lengths."""
    return np.random.default_rng(3).integers(0, 3, size=(ITEMS, 4)).astype(float) + np.eye(ITEMS, 4)
