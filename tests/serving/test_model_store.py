"""Models are loaded beside requests: none waits for one, and the switch is between two of them."""

import threading

import pytest
from django.db import connection

from dashboard.serving import model_store
from dashboard.serving.model_store import ModelStore
from dashboard.training.models import Artifact
from tests.journeys.system import eventually
from tests.training.conftest import folders, published, write_artifact

__all__ = ["folders", "published", "write_artifact"]


class Loads:
    """In place of reading an artifact's files: waits until it may."""

    def __init__(self):
        self.may_load, self.asked = threading.Event(), []

    def load(self, folder):
        self.asked.append((folder.name, threading.current_thread().name))
        assert self.may_load.wait(60)
        if "broken" in folder.name:
            raise ValueError("no model")
        return folder.name


@pytest.fixture
def loads(monkeypatch):
    found = Loads()
    monkeypatch.setattr(model_store.Recommender, "load", found.load)
    monkeypatch.setattr(model_store, "_try", lambda recommender: None)
    monkeypatch.setattr(model_store, "CHECK_EVERY_SECONDS", 0.05)
    return found


@pytest.fixture
def beside(monkeypatch, loads):
    """A store whose thread sees the rows of the test, by reading them here and handing them over."""
    store = ModelStore()
    rows = {"active": [], "shops": []}
    monkeypatch.setattr(model_store, "active_artifacts", lambda ids: [a for a in rows["active"] if a.shop_id in ids])
    monkeypatch.setattr(model_store, "shops_with_models", lambda limit: rows["shops"][:limit])

    def see():
        rows["active"] = list(Artifact.objects.filter(is_active=True))
        rows["shops"] = [artifact.shop_id for artifact in rows["active"]]
        return store

    yield see
    loads.may_load.set()
    store.close()


def served(store, shop):
    model = store.get(shop)
    return model and model.recommender


def test_a_process_is_ready_when_it_holds_what_is_published(shop, published, loads, beside):
    published(shop, 1)
    store = beside()
    store.load_beside()
    assert eventually(lambda: loads.asked or None)
    assert not store.is_ready
    assert store.get(shop) is None  # the fallbacks answer meanwhile, at once
    loads.may_load.set()
    assert eventually(lambda: store.is_ready or None)
    assert served(store, shop) == "made-1"


def test_no_thread_that_answers_ever_loads(shop, other_shop, published, loads, beside):
    loads.may_load.set()
    store = beside()
    store.load_beside()
    eventually(lambda: store.is_ready or None)
    for each in (shop, other_shop):
        published(each, 1)
        beside()
        assert eventually(lambda each=each: served(store, each)) == "made-1"
    assert {thread for _, thread in loads.asked} == {"model-loader"}


def test_while_the_next_is_loaded_the_one_before_serves(shop, published, loads, beside):
    first = published(shop, 1)
    loads.may_load.set()
    store = beside()
    store.load_beside()
    eventually(lambda: served(store, shop))
    loads.may_load.clear()
    Artifact.objects.filter(pk=first.pk).update(is_active=False)
    published(shop, 2)
    beside()
    eventually(lambda: len(loads.asked) == 2 or None)
    assert served(store, shop) == "made-1"
    assert store.is_ready
    loads.may_load.set()
    assert eventually(lambda: served(store, shop) == "made-2" or None)


def test_after_a_roll_back_the_earlier_one_serves_again(shop, published, loads, beside):
    first, second = published(shop, 1, active=False), published(shop, 2)
    loads.may_load.set()
    store = beside()
    store.load_beside()
    assert eventually(lambda: served(store, shop)) == "made-2"
    Artifact.objects.filter(pk=second.pk).update(is_active=False)
    Artifact.objects.filter(pk=first.pk).update(is_active=True)
    beside()
    assert eventually(lambda: served(store, shop) == "made-1" or None)


def test_a_broken_model_does_not_keep_a_process_from_being_ready(shop, published, loads, beside, monkeypatch):
    published(shop, 1)
    loads.may_load.set()
    monkeypatch.setattr(model_store, "_try", lambda recommender: 1 / 0)  # it loads, and cannot answer
    store = beside()
    store.load_beside()
    assert eventually(lambda: store.is_ready or None)
    assert store.get(shop) is None


def test_more_models_than_there_is_room_for_leave_those_asked_for_longest_ago(
    shop, other_shop, published, loads, beside, monkeypatch
):
    monkeypatch.setattr(model_store, "MAX_MODELS", 1)
    loads.may_load.set()
    for each in (shop, other_shop):
        published(each, 1)
    store = beside()
    store.load_beside()
    eventually(lambda: store.is_ready or None)
    assert eventually(lambda: served(store, shop))
    assert eventually(lambda: served(store, other_shop))  # asked for last
    assert eventually(lambda: store.get(shop) is None or None)


@pytest.mark.django_db
def test_a_process_that_still_loads_is_not_ready_and_says_so(client, monkeypatch):
    monkeypatch.setattr("dashboard.serving.selectors.published_models", type("Loading", (), {"is_ready": False}))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["models"]) == (503, "are being loaded")
    assert connection.is_usable()
