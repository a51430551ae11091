"""Planted clusters: three kinds of visitors of different sizes, each with items of its own and some that all share."""

import numpy as np
import pyarrow as pa
from scipy import sparse

from recommender.interests import fit_interest_space, fit_segments

SIZES = (180, 120, 60)
THEMES = ("Oak Table", "Silk Scarf", "Jazz Record")
CATEGORIES = ("Furniture", "Fashion", "Music")
ITEMS_PER_THEME = 12


def vectors(seed=3, dimensions=24):
    """(V, D) vectors around three directions, and the planted cluster of each."""
    rng = np.random.default_rng(seed)
    centers = np.linalg.qr(rng.normal(size=(dimensions, 3)))[0].T
    planted = np.repeat(np.arange(3), SIZES)
    return centers[planted] + rng.normal(scale=0.06, size=(len(planted), dimensions)), planted


def purchases(planted, seed=4):
    """(V, I) counts: mostly items of the own theme; the last four items are everybody's."""
    rng = np.random.default_rng(seed)
    counts = np.zeros((len(planted), 3 * ITEMS_PER_THEME + 4))
    for theme in range(3):
        columns = slice(theme * ITEMS_PER_THEME, (theme + 1) * ITEMS_PER_THEME)
        chance = np.where(planted == theme, 0.4, 0.02)[:, None]
        counts[:, columns] = rng.random((len(planted), ITEMS_PER_THEME)) < chance
    counts[:, -4:] = rng.random((len(planted), 4)) < 0.7
    return sparse.csr_array(counts)


def catalog():
    adjectives = ["Tiny", "Great", "Old", "Plain", "Fine", "Round", "Square", "Light", "Dark", "Warm", "Cool", "Bright"]
    titles = [f"{adjective} {theme}" for theme in THEMES for adjective in adjectives]
    categories = [category for category in CATEGORIES for _ in adjectives]
    titles += ["Gift Voucher", "Tote", "Candle", "Mystery"]
    ids = [f"item-{i}" for i in range(len(titles))]
    return pa.table({"item_id": ids, "title": titles, "categories": [*categories, "", "", "", ""]})


def fitted(method="pca"):
    """(space, interest_VP, segments, the planted cluster of each visitor)."""
    vectors_VD, planted = vectors()
    space = fit_interest_space(vectors_VD, dimensions=8, seed=1, method=method)
    interest_VP = space.transform(vectors_VD)
    model = fit_segments(interest_VP, seed=1, expected=space.interests, clear=space.clear)
    return space, interest_VP, model, planted
