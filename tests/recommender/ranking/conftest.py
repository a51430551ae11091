import pyarrow as pa
import pytest

from recommender.models.encoders.config import EncoderConfig
from recommender.models.user_knn import UserKNNConfig
from recommender.ranking.config import RankerConfig
from recommender.training.fitting import Surroundings, fit_for_validation, validation_split, weigh
from recommender.training.presets import TrainingConfig
from recommender.training.ranking import facts_of, teach
from tests.recommender.made import dataset_of, walks

ITEMS = 43


@pytest.fixture(scope="session", autouse=True)
def _calm(one_thread):
    """All of them fit models."""


def catalog():
    """Prices, categories and brands; one price is missing."""
    numbers = range(ITEMS)
    return pa.table(
        {
            "item_id": [f"item-{number}" for number in numbers],
            "categories": [f"Shelf {number % 5}" for number in numbers],
            "brand": ["Hill" if number % 2 else "Dale" for number in numbers],
            "price": pa.array([None if number == 7 else 1.0 + number for number in numbers], pa.float64()),
        }
    )


@pytest.fixture(scope="session")
def dataset():
    """400 visitors walk through 43 items."""
    return dataset_of(list(walks(visitors=400, items=ITEMS)), catalog())


@pytest.fixture(scope="session")
def split(dataset):
    return validation_split(dataset, 0)


@pytest.fixture(scope="session")
def validated(split):
    """Models without an encoder, fitted without what comes next."""
    config = TrainingConfig(encoder=EncoderConfig(epochs=0), user_knn=UserKNNConfig(dimensions=8))
    return weigh(fit_for_validation(split, config, Surroundings("cpu")), split, config.effort)


@pytest.fixture(scope="session")
def config():
    return RankerConfig(candidates=20, epochs=6, hidden=16, seed=3)


@pytest.fixture(scope="session")
def taught(validated, split, config):
    taught = teach(validated, split, config)
    assert taught is not None, "walks have an order that the blend cannot know"
    return taught


@pytest.fixture(scope="session")
def facts(validated, split):
    return facts_of(split.train, validated)


@pytest.fixture(scope="session")
def ranker(taught, facts):
    return taught.ranker(facts)
