"""Interactions in any order, cut into pieces that arrive one after the other."""

import itertools

import numpy as np
from hypothesis import strategies as st

from recommender.data.events import EVENT_TYPES, EVENT_WEIGHTS
from recommender.online import OnlineBehaviour
from tests.recommender.made import interactions_of

DAY = 86400
KINDS = [*EVENT_TYPES, *EVENT_WEIGHTS]  # most add something, some take back
EVENT = st.tuples(
    st.integers(0, 4).map("visitor-{}".format),
    st.integers(0, 6).map("item-{}".format),
    st.sampled_from(KINDS),
    st.integers(0, 90 * DAY).map(float),
)


@st.composite
def arrivals(draw):
    """Pieces of rows; times run through all pieces, so that some arrive late."""
    rows = draw(st.lists(EVENT, min_size=1, max_size=40))
    cuts = sorted([0, *draw(st.lists(st.integers(1, len(rows)), max_size=3, unique=True)), len(rows)])
    return [rows[start:end] for start, end in itertools.pairwise(cuts) if start < end]


def take_in(pieces, *models):
    """The behaviour after all pieces; each model has taken in every change."""
    behaviour = OnlineBehaviour()
    for piece in pieces:
        change = behaviour.append(interactions_of(piece))
        for model in models:
            model.apply(change)
    return behaviour


def by_ids(dataset):
    """Plain Python: what each visitor did, by ids; visitors of whom nothing counts are left out."""
    histories = dataset.histories
    rows = {name: [] for name in dataset.visitor_ids}
    columns = (histories.rows_N, histories.items_N, histories.seconds_N, histories.weights_N)
    for row, item, second, weight in zip(*(column.tolist() for column in columns), strict=True):
        rows[dataset.visitor_ids[row]].append((dataset.item_ids[item], second, weight))
    return {name: events for name, events in rows.items() if events}


def same_values(one_II, other_II, tolerance):
    """Two sparse matrices, as far as 32 bits tell."""
    np.testing.assert_allclose(one_II.toarray(), other_II.toarray(), rtol=tolerance, atol=1e-7)
