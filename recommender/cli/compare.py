"""`compare`: experiment statistics from sums."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from recommender.cli.documents import number, numbers, read_json, whole_number
from recommender.cli.output import print_json
from recommender.errors import InputError
from recommender.statistics import DEFAULT_SEQUENTIAL_N, KINDS, Comparison, Moments, compare, sequence_rho, srm_p

# What the sums beside those of y are called for each kind of metric; those of y are always `sum` and `sum_squares`.
_NAMES_OF_X = {
    "ratio": ("den_sum", "den_sum_squares", "num_den_sum_of_products"),
    "mean_cuped": ("pre_sum", "pre_sum_squares", "post_pre_sum_of_products"),
    "ratio_cuped": (
        *("den_sum", "den_sum_squares", "num_den_sum_of_products"),
        *("pre_sum", "pre_sum_squares", "num_pre_sum_of_products", "den_pre_sum_of_products"),
    ),
}


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "compare",
        help="compare the arms of experiments from their sums",
        description="Prints a list: for each case lift, stderr, ci, p_value, dof, error, sequential, bayes, srm_p.",
    )
    parser.add_argument(
        "--input",
        required=True,
        metavar="F.json",
        help="{cases: [{kind, control, treatment, alpha, weights, difference_type, prior, sequential_n}]} or the list",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print the comparison of each case."""
    document = read_json(args.input)
    cases = document.get("cases") if isinstance(document, Mapping) else document
    if not isinstance(cases, list):
        raise InputError("cases: must be a list", file=args.input)
    print_json([_answer(case, f"cases[{index}]") for index, case in enumerate(cases)])


def _answer(case: Any, place: str) -> dict[str, Any]:
    try:
        return _compared(case)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def _compared(case: Any) -> dict[str, Any]:
    if not isinstance(case, Mapping):
        raise InputError("must be an object")
    kind: Any = _choice(case, "kind", KINDS)
    difference: Any = _choice({"difference_type": "relative"} | dict(case), "difference_type", ("relative", "absolute"))
    control, treatment = (_moments(case, arm, kind) for arm in ("control", "treatment"))
    alpha = number(case, "alpha", default=0.05)
    sequential_n = number(case, "sequential_n", default=DEFAULT_SEQUENTIAL_N)
    comparison = compare(
        control,
        treatment,
        kind=kind,
        alpha=alpha,
        sequential_n=sequential_n,
        difference=difference,
        prior=_prior(case.get("prior")),
    )
    weights = numbers({"weights": case.get("weights", [0.5, 0.5])}, "weights").tolist()
    answer = _document(comparison) if comparison.error is None else _uninformative(comparison, sequential_n, alpha)
    return answer | {"srm_p": srm_p([control.n, treatment.n], weights)}


def _choice(case: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = case.get(name)
    if value not in choices:
        raise InputError(f"{name}: must be one of {', '.join(choices)}")
    return str(value)


def _moments(case: Mapping[str, Any], arm: str, kind: str) -> Moments:
    sums = case.get(arm)
    if not isinstance(sums, Mapping):
        raise InputError(f"{arm}: must be an object of sums")
    place = f"{arm}."
    n = whole_number(sums, "n", default=-1, place=place)
    sum_y = number(sums, "sum", place=place)
    if kind == "proportion":
        if not 0 <= sum_y <= n:
            raise InputError(f"{place}sum: must be between 0 and n")
        return Moments(n, sum_y, sum_y)
    sum_yy = number(sums, "sum_squares", place=place)
    return Moments(n, sum_y, sum_yy, *(number(sums, name, place=place) for name in _NAMES_OF_X.get(kind, ())))


def _prior(raw: Any) -> tuple[float, float] | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or not number(raw, "variance", place="prior.") > 0:
        raise InputError("prior: must be null or {mean, variance} with a variance above 0")
    return number(raw, "mean", place="prior."), number(raw, "variance", place="prior.")


def _document(comparison: Comparison) -> dict[str, Any]:
    document = asdict(comparison)
    if comparison.theta is None:
        del document["theta"]
    return document


def _uninformative(comparison: Comparison, sequential_n: float, alpha: float) -> dict[str, Any]:
    """The engine's way of saying nothing: `error` is set and the figures are zeros, not estimates."""
    nothing = [0.0, 0.0]
    return {
        "lift": 0.0,
        "stderr": 0.0,
        "ci": nothing,
        "p_value": 1.0,
        "dof": None,
        "error": comparison.error,
        "sequential": {
            "tuning_n": sequential_n,
            "rho": sequence_rho(alpha, sequential_n),
            "ci": nothing,
            "p_value": 1.0,
        },
        "bayes": {
            "chance_to_win": 0.5,
            "expected": 0.0,
            "ci": nothing,
            "risk_choose_control": 0.0,
            "risk_choose_treatment": 0.0,
        },
    }
