"""The published model of each shop, held in this process and swapped when another artifact is published."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from dashboard.accounts.models import Shop
from dashboard.training.models import Artifact
from dashboard.training.selectors import active_artifact, local_artifact_folder
from recommender.serving import Recommender

logger = logging.getLogger(__name__)
CHECK_EVERY_SECONDS = 1.0
RETRY_AFTER_SECONDS = 60.0
MAX_MODELS = 20  # shops whose model one process holds; the sample shop's takes about 10 MB


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory and the artifact it came from; `path` changes when visitors are taken out of its files."""

    artifact_id: int
    version: int
    path: str
    recommender: Recommender


@dataclass
class _Slot:
    checked_at: float
    model: LoadedModel | None = None
    failed_path: str = ""
    failed_at: float = 0.0


class ModelStore:
    """Thread-safe. While one thread loads a new artifact the others go on with the one before."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._slots: OrderedDict[int, _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, shop: Shop) -> LoadedModel | None:
        """The shop's published model; None before the first, and where its files cannot be used (logged once)."""
        slot = self._slots.get(shop.pk)
        if slot is not None and self._clock() - slot.checked_at < CHECK_EVERY_SECONDS:
            return slot.model
        if not self._lock.acquire(blocking=slot is None or slot.model is None):
            return slot.model if slot else None
        try:
            return self._checked(shop).model
        finally:
            self._lock.release()

    def _checked(self, shop: Shop) -> _Slot:
        slot = self._slots.setdefault(shop.pk, _Slot(checked_at=-CHECK_EVERY_SECONDS))
        self._slots.move_to_end(shop.pk)
        artifact = active_artifact(shop)
        if artifact is None:
            slot.model = None
        elif self._is_news(slot, artifact):
            self._load_into(slot, artifact)
        slot.checked_at = self._clock()
        while len(self._slots) > MAX_MODELS:
            self._slots.popitem(last=False)
        return slot

    def _is_news(self, slot: _Slot, artifact: Artifact) -> bool:
        if slot.model is not None and slot.model.path == artifact.path:
            return False
        return slot.failed_path != artifact.path or self._clock() - slot.failed_at > RETRY_AFTER_SECONDS

    def _load_into(self, slot: _Slot, artifact: Artifact) -> None:
        # Whatever is wrong with an artifact, the shop goes on serving: with the model before, or by the fallbacks.
        try:
            recommender = Recommender.load(local_artifact_folder(artifact))
        except Exception:
            if slot.failed_path != artifact.path:
                logger.exception("Artifact %s of shop %s cannot be loaded.", artifact.pk, artifact.shop_id)
            slot.failed_path, slot.failed_at = artifact.path, self._clock()
            return
        slot.model = LoadedModel(artifact.pk, artifact.version, artifact.path, recommender)
        slot.failed_path = ""


published_models = ModelStore()
