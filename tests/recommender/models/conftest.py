import numpy as np
import pytest

from tests.recommender.made import dataset_of, described, walks
from tests.recommender.models.family import MEMBERS


@pytest.fixture(scope="session", autouse=True)
def _calm(one_thread):
    """All of them fit models."""


@pytest.fixture(scope="session")
def dataset():
    """60 visitors walk through 17 items that are described."""
    return dataset_of(list(walks(visitors=60, items=17)), described(items=17))


@pytest.fixture(scope="session")
def newcomers(dataset):
    """Histories of 11 visitors that no model has seen, of 0 to 8 interactions."""
    histories = dataset_of(list(walks(visitors=11, items=17, seed=5))).histories
    keep = histories.ages_N < np.arange(11)[histories.rows_N]
    kept = histories.where(keep)
    assert kept.lengths_B.min() == 0 and kept.lengths_B.max() > 5, "one knows nothing, one more than models read"
    return kept


@pytest.fixture(scope="session", params=MEMBERS, ids=lambda member: getattr(member[1], "kind", member[0].name))
def model(request, dataset):
    """One of the family, fitted."""
    kind, config = request.param
    return kind(config).fit(dataset)
