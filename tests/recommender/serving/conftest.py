import pytest

from recommender.serving import Recommender
from tests.recommender.serving.garden import train_garden


@pytest.fixture(scope="session")
def artifact(one_thread, tmp_path_factory):
    """A real artifact, trained once; tests that alter one copy it."""
    return train_garden(tmp_path_factory.mktemp("garden"))


@pytest.fixture(scope="session")
def model(artifact):
    return Recommender.load(artifact)
