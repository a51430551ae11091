"""The published model of each shop, held in this process and swapped when another artifact is published.

In a web process a thread beside the requests fetches, loads and tries a model before it serves, and the switch is one
assignment between two requests: none waits for a model. Until a shop's first is loaded the fallbacks answer. Elsewhere
(commands, tasks) whoever asks loads.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from django.db import InterfaceError, OperationalError, close_old_connections

from dashboard.accounts.models import Shop
from dashboard.core.postgres.watch import watch
from dashboard.core.tenancy import operator_scope
from dashboard.training.models import Artifact
from dashboard.training.selectors import active_artifacts, local_artifact_folder, shops_with_models
from dashboard.updates.selectors import HeldUpdates, State, held_updates, update_states
from recommender.serving import HistoryEvent, Recommender
from recommender.serving.updates import updated

logger = logging.getLogger(__name__)
CHECK_EVERY_SECONDS = 1.0
RETRY_AFTER_SECONDS = 60.0
MAX_MODELS = 20  # shops whose model one process holds; the sample shop's takes about 10 MB
MAX_SHOPS = 1_000  # that are asked about each second, most of them without a model


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory, with what was learned since it was trained, and the artifact it came from; `path` changes when
    visitors are taken out of its files."""

    artifact_id: int
    version: int
    path: str
    recommender: Recommender


@dataclass
class _Slot:
    checked_at: float
    asked_at: float = field(default_factory=time.monotonic)
    model: LoadedModel | None = None
    failed_path: str = ""
    failed_at: float = 0.0
    trained: Recommender | None = None  # the model without updates
    held: HeldUpdates | None = None  # what lies over it
    failed_state: State | None = None


class ModelStore:
    """Thread-safe. While one thread loads a new artifact the others go on with the one before."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._slots: dict[int, _Slot] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_wanted = threading.Event()
        self._has_loaded = threading.Event()
        self._is_closed = False

    @property
    def is_ready(self) -> bool:
        """Whether requests need not do without a model that is published: all were loaded, or found to be broken."""
        return self._thread is None or self._has_loaded.is_set()

    def load_beside(self) -> None:
        """From now on a thread of this process loads, beginning with what is published now. Call it after a fork."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep_loading, name="model-loader", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread, when it has done what it does."""
        self._is_closed = True
        self._is_wanted.set()
        if self._thread is not None:
            self._thread.join()

    def get(self, shop: Shop) -> LoadedModel | None:
        """The shop's published model; None before the first, and where its files cannot be used (logged once)."""
        slot = self._slots.get(shop.pk)
        if self._thread is not None:
            return self._loaded(shop.pk, slot)
        if slot is not None and self._clock() - slot.checked_at < CHECK_EVERY_SECONDS:
            return slot.model
        if not self._lock.acquire(blocking=slot is None or slot.model is None):
            return slot.model if slot else None
        try:
            self._refresh([shop.pk])
        finally:
            self._lock.release()
        return self._slots[shop.pk].model

    def _loaded(self, shop_id: int, slot: _Slot | None) -> LoadedModel | None:
        if slot is None:
            self._slots[shop_id] = _Slot(checked_at=self._clock())
            self._is_wanted.set()
            return None
        slot.asked_at = time.monotonic()
        return slot.model

    def _keep_loading(self) -> None:
        while not self._is_closed:
            try:
                self.refresh()
                self._has_loaded.set()
            except (OperationalError, InterfaceError):
                pass  # /readyz tells of the database
            except Exception:
                logger.exception("Models cannot be looked after.")
            finally:
                close_old_connections()
            self._is_wanted.wait(CHECK_EVERY_SECONDS)
            self._is_wanted.clear()

    def refresh(self) -> None:
        """Bring every shop that was asked for, and at first each that has a model, to what is published now."""
        if not self._has_loaded.is_set():
            with _asking_of_all_shops():
                serving = shops_with_models(MAX_MODELS)
            for shop_id in serving:
                self._slots.setdefault(shop_id, _Slot(checked_at=self._clock()))
        self._refresh(list(self._slots))
        self._let_go()

    def _refresh(self, shop_ids: Sequence[int]) -> None:
        with _asking_of_all_shops():
            active = {artifact.shop_id: artifact for artifact in active_artifacts(shop_ids)}
        for shop_id in shop_ids:
            slot = self._slots.setdefault(shop_id, _Slot(checked_at=0.0))
            artifact = active.get(shop_id)
            if artifact is None:
                slot.model = None
            elif self._is_news(slot, artifact):
                self._load_into(slot, artifact)
            slot.checked_at = self._clock()
        self._lay_over(shop_ids)

    def _lay_over(self, shop_ids: Sequence[int]) -> None:
        """What was learned since each model was trained."""
        serving = [shop_id for shop_id in shop_ids if self._slots[shop_id].model is not None]
        if not serving:
            return
        with _asking_of_all_shops():
            states = update_states(serving)
            for shop_id in serving:
                _update(self._slots[shop_id], shop_id, states.get(shop_id))

    def _is_news(self, slot: _Slot, artifact: Artifact) -> bool:
        if slot.model is not None and slot.model.path == artifact.path:
            return False
        return slot.failed_path != artifact.path or self._clock() - slot.failed_at > RETRY_AFTER_SECONDS

    def _load_into(self, slot: _Slot, artifact: Artifact) -> None:
        # Whatever is wrong with an artifact, the shop goes on serving: with the model before, or by the fallbacks.
        try:
            recommender = Recommender.load(local_artifact_folder(artifact))
            _try(recommender)
        except Exception:
            if slot.failed_path != artifact.path:
                logger.exception("Artifact %s of shop %s cannot be loaded.", artifact.pk, artifact.shop_id)
            slot.failed_path, slot.failed_at = artifact.path, self._clock()
            return
        slot.model = LoadedModel(artifact.pk, artifact.version, artifact.path, recommender)
        slot.failed_path, slot.trained, slot.held, slot.failed_state = "", recommender, None, None

    def _let_go(self) -> None:
        """Of the shops that were asked for longest ago, what is too much."""
        latest = sorted(self._slots, key=lambda shop_id: self._slots[shop_id].asked_at, reverse=True)
        holding = [shop_id for shop_id in latest if self._slots[shop_id].model is not None]
        for shop_id in {*holding[MAX_MODELS:], *latest[MAX_SHOPS:]}:
            self._slots.pop(shop_id, None)


def _update(slot: _Slot, shop_id: int, state: State | None) -> None:
    """Whatever is wrong with the updates, the model serves as it is."""
    model, trained = slot.model, slot.trained
    if model is None or trained is None or state == (slot.held.state if slot.held else slot.failed_state):
        return
    if state is None or state.artifact_id != model.artifact_id:
        if slot.held is not None:
            slot.model, slot.held = replace(model, recommender=trained), None
        return
    try:
        held = held_updates(shop_id, state, slot.held)
        recommender = updated(trained, held.updates)
        _try(recommender)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("What shop %s has learned since its last run cannot be used.", shop_id)
        slot.failed_state = state
        return
    slot.model, slot.held = replace(model, recommender=recommender), held


def _try(recommender: Recommender) -> None:
    """Have it answer once: what loads with the first answer is loaded, and one that cannot answer is found out here."""
    for item_id in recommender.popular(1).item_ids:
        history = [HistoryEvent(item_id, "view_item", time.time())]
        recommender.candidates(history, k=200)
        recommender.reasons([item_id], history)


@contextmanager
def _asking_of_all_shops() -> Iterator[None]:
    """Beside requests, as within them, a database that hangs keeps nobody waiting for ever."""
    is_beside = not watch.is_watching()
    if is_beside:
        watch.begin()
    try:
        with operator_scope("a process holds the models of many shops"):
            yield
    finally:
        if is_beside:
            watch.end()


published_models = ModelStore()
