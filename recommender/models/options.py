"""Options of models: from JSON to a frozen config, refused by name where they do not fit."""

from dataclasses import fields
from typing import Any, Literal, get_args, get_origin

from recommender.errors import InputError
from recommender.seeds import LAST_SEED

LARGEST = 1e300  # NaN and infinity are no options
LARGEST_WHOLE = 10**12  # of anything that is counted
KINDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "a true or a false",
    str: "a text",
    tuple[int, ...]: "a list of whole numbers",
    tuple[float, ...]: "a list of numbers",
}


def config_from(config_class: type, values: dict[str, Any]) -> Any:
    """A config of these values; lists become tuples. Raises InputError for a name or a type that does not fit."""
    kinds = {field.name: field.type for field in fields(config_class)}
    for name, value in values.items():
        if name not in kinds:
            raise InputError(f"{config_class.__name__} has no option “{name}”; it has {', '.join(sorted(kinds))}")
        if not _fits(value, kinds[name]):
            raise InputError(f"{config_class.__name__}: “{name}” must be {_named(kinds[name])}")
        if kinds[name] is int and abs(value) > LARGEST_WHOLE:
            raise InputError(f"{config_class.__name__}: “{name}” must be at most {LARGEST_WHOLE:,}")
    return config_class(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def _named(kind: Any) -> str:
    return f"a word of {', '.join(get_args(kind))}" if get_origin(kind) is Literal else KINDS[kind]


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value of JSON may stand for an option of this type; true and 1.0 are no whole numbers."""
    if get_origin(kind) is Literal:
        return isinstance(value, str) and value in get_args(kind)
    if kind in (bool, str):
        return isinstance(value, kind)
    if kind in (int, float):
        return isinstance(value, int | kind) and not isinstance(value, bool) and abs(value) < LARGEST
    return isinstance(value, list | tuple) and all(_fits(part, get_args(kind)[0]) for part in value)


def require_positive(config: Any, model: str, *names: str) -> None:
    """These options of a config must be above 0."""
    for name in names:
        require(getattr(config, name) > 0, f"{model}.{name} must be positive")


def require_seed(seed: int, model: str) -> None:
    """What every generator of random numbers takes."""
    require(0 <= seed <= LAST_SEED, f"{model}.seed must be from 0 to {LAST_SEED}")


def require(holds: bool, message: str) -> None:
    """Validation of a config: raises InputError."""
    if not holds:
        raise InputError(message)
