"""The members of the family that no preset trains: `evaluate --also` measures them beside those that one does."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from importlib import import_module
from typing import Any

from recommender.errors import InputError
from recommender.models.base import Model
from recommender.models.options import config_from

MODULE_OF = {
    "factors": ("factors", "Factors"),
    "item_cosine": ("item_neighbours", "ItemCosine"),
    "item_bm25": ("item_neighbours", "ItemBM25"),
    "ease": ("ease", "Ease"),
    "als": ("matrix", "Als"),
    "bpr": ("matrix", "Bpr"),
    "content": ("content", "Content"),
    "cfgan": ("cfgan", "Cfgan"),
}


def member(name: str, options: Mapping[str, Any], *, seed: int) -> Model:
    """An unfitted model by its name. Raises InputError for an unknown name or option."""
    if name not in MODULE_OF:
        raise InputError(f"“{name}” is no further model; there are {', '.join(sorted(MODULE_OF))}")
    module, kind = MODULE_OF[name]
    cls = getattr(import_module(f"recommender.models.{module}"), kind)
    config = config_from(cls.config_class, {**asdict(cls.config_class()), **options})
    if any(option.name == "seed" for option in fields(config)):
        config = replace(config, seed=seed)
    model: Model = cls(config)
    return model
