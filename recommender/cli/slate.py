"""`slate`: draw slates from candidates, with the same code that serving runs."""

import argparse
from collections.abc import Mapping
from typing import Any

import numpy as np

from recommender.cli.documents import number, read_object, whole_number
from recommender.cli.output import print_json
from recommender.errors import InputError
from recommender.slate import Knobs, Rule, SlateCandidates, make_slate

_FIELDS = ("candidates", "profile", "knobs", "rules", "n", "draws", "seed")
_OWN_COLUMNS = {
    "item_id",
    "score",
    "vector",
    "category",
    "brand",
    "impressions",
    "age_days",
    "group_id",
    "popularity",
    "worth",
    "doubt",
    "fatigue",
}


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "slate",
        help="draw slates from candidates and print their exact propensities",
        description="Draws slates as serving does. Prints {slates, propensities, explored, temperature} as JSON.",
    )
    parser.add_argument(
        "--input",
        required=True,
        metavar="F.json",
        help="candidates [{item_id, score, vector, category, brand, impressions, age_days, worth, doubt, fatigue, …}], "
        "profile, knobs, rules, n, draws, seed",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print `draws` slates and their propensities."""
    document = read_object(args.input, known=_FIELDS)
    candidates = candidates_of(document.get("candidates"))
    knobs = Knobs.from_dict(document.get("knobs") or {})
    rules = [Rule.from_dict(raw) for raw in document.get("rules") or []]
    profile = _profile(document.get("profile"))
    size = whole_number(document, "n", default=10, minimum=1)
    rng = np.random.default_rng(whole_number(document, "seed", default=0))
    draws = whole_number(document, "draws", default=1, minimum=1)
    slates = [make_slate(candidates, knobs, size, rules, profile, rng) for _ in range(draws)]
    print_json(
        {
            "slates": [[candidates.item_ids[index] for index in slate.indices] for slate in slates],
            "propensities": [slate.propensities.tolist() for slate in slates],
            "explored": [slate.explored.tolist() for slate in slates],
            "temperature": slates[0].temperature,
        }
    )


def candidates_of(raw: Any) -> SlateCandidates:
    """Candidates from JSON; fields beyond the known ones are attributes that rules and fairness may name."""
    if not isinstance(raw, list) or not all(isinstance(entry, Mapping) for entry in raw):
        raise InputError("candidates: must be a list of objects")
    return SlateCandidates(
        item_ids=[_item_id(entry, place) for place, entry in enumerate(raw)],
        scores=np.array([number(entry, "score", place=f"candidates[{place}].") for place, entry in enumerate(raw)]),
        vectors=_vectors(raw),
        categories=_texts(raw, "category"),
        brands=_texts(raw, "brand"),
        impressions=_known_numbers(raw, "impressions"),
        age_days=_known_numbers(raw, "age_days"),
        attributes=[{key: value for key, value in entry.items() if key not in _OWN_COLUMNS} for entry in raw],
        groups=_texts(raw, "group_id"),
        popularity=_known_numbers(raw, "popularity"),
        worths=_factors(raw, "worth"),
        doubts=_known_numbers(raw, "doubt"),
        fatigue=_factors(raw, "fatigue"),
    )


def _item_id(entry: Mapping[str, Any], place: int) -> str:
    item_id = entry.get("item_id")
    if isinstance(item_id, bool) or not isinstance(item_id, str | int) or item_id == "":
        raise InputError(f"candidates[{place}].item_id: must be a text")
    return str(item_id)


def _vectors(raw: list[Mapping[str, Any]]) -> np.ndarray | None:
    """Unit rows; a row of zeros stays: it is like nothing."""
    if not any("vector" in entry for entry in raw):
        return None
    try:
        rows = np.array([entry.get("vector") for entry in raw], dtype=float)
    except (TypeError, ValueError):
        rows = np.array(np.nan)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise InputError("candidates: vector must be a list of numbers, equally long for all")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1.0)


def _texts(raw: list[Mapping[str, Any]], name: str) -> list[str | None] | None:
    values = [entry.get(name) for entry in raw]
    if all(value is None for value in values):
        return None
    return [None if value is None else str(value) for value in values]


def _known_numbers(raw: list[Mapping[str, Any]], name: str) -> np.ndarray | None:
    if all(entry.get(name) is None for entry in raw):
        return None
    return np.array(
        [
            np.nan if entry.get(name) is None else number(entry, name, place=f"candidates[{place}].")
            for place, entry in enumerate(raw)
        ]
    )


def _factors(raw: list[Mapping[str, Any]], name: str) -> np.ndarray | None:
    """1 where nothing is said."""
    known = _known_numbers(raw, name)
    return None if known is None else np.nan_to_num(known, nan=1.0)


def _profile(raw: Any) -> dict[str, float] | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise InputError("profile: must be an object of categories and shares")
    shares = {str(category): number(raw, category, place="profile.") for category in raw}
    if any(share < 0 for share in shares.values()):
        raise InputError("profile: a share must not be negative")
    return shares
