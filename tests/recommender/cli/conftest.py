import pytest

from tests.recommender.cli.shop import options, run, write_shop


@pytest.fixture(scope="session", autouse=True)
def _calm(one_thread):
    """Some commands run in this process."""


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """The files of the shop; `model` beside them is trained by `trained`."""
    return write_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def files(shop):
    """The options that name the shop's files."""
    return options(interactions=shop / "interactions.csv", items=shop / "items.csv", config=shop / "quick.json")


@pytest.fixture(scope="session")
def trained(shop, files):
    """The finished process of a training with progress lines."""
    done = run("train", *files, *options(out=shop / "model", preset="fast", seed=5, progress="json"), cwd=shop)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="session")
def model(shop, trained):
    return shop / "model"
