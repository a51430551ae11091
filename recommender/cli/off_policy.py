"""`off-policy`: what another policy would have earned, from a log."""

import argparse
from dataclasses import asdict
from typing import Any

import numpy as np

from recommender.cli.documents import numbers, read_object
from recommender.cli.output import print_json
from recommender.errors import InputError
from recommender.off_policy import (
    PolicyLog,
    doubly_robust_of_slates,
    estimate,
    judge_slates,
    slate_log,
    snips_of_slates,
)

_FIELDS = ("action", "reward", "pscore", "pi_e", "q_hat", "slate", "unit", "generator", "expected")


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "off-policy",
        help="estimate from a log what another policy would have earned",
        description="Prints IPS, SNIPS, DM, DR, SNDR, Switch-DR, DRos, DR with SLOPE and the effective sample size. "
        "With `slate`, decisions that share its value are the places of one slate in their order, each with its "
        "chances given those before it: SNIPS and DR per slate come too, with 95% intervals and what the log is "
        "worth; `unit` names the visitor of each decision, whose slates are not independent.",
    )
    parser.add_argument(
        "--input",
        required=True,
        metavar="F.json",
        help="{action, reward, pscore, pi_e, q_hat, slate?, unit?} of every decision",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print the estimates."""
    document = read_object(args.input, known=_FIELDS)
    log = PolicyLog(
        action_N=numbers(document, "action"),
        reward_N=numbers(document, "reward"),
        pscore_N=numbers(document, "pscore"),
        pi_e_NA=numbers(document, "pi_e", dimensions=2),
        q_hat_NA=numbers(document, "q_hat", dimensions=2),
    )
    slates = {"slates": _of_slates(document, log)} if "slate" in document else {}
    print_json(asdict(estimate(log)) | slates)


def _of_slates(document: dict[str, Any], log: PolicyLog) -> dict[str, Any]:
    """What the decisions say slate by slate; the figures stand there even where they decide nothing."""
    slate_D, unit_D = (_names(document, name, len(log.action_N)) for name in ("slate", "unit"))
    slates = slate_log(log, slate_D, unit_D if "unit" in document else slate_D)
    figures = {"snips": snips_of_slates(slates), "dr": doubly_robust_of_slates(slates)}
    return asdict(judge_slates(slates)) | {name: asdict(figure) for name, figure in figures.items()}


def _names(document: dict[str, Any], name: str, count: int) -> np.ndarray:
    values = document.get(name, [0] * count)
    if not isinstance(values, list) or len(values) != count or not all(isinstance(v, str | int) for v in values):
        raise InputError(f"{name}: must be a list with a text or a whole number for each of the {count} actions")
    codes_N: np.ndarray = np.unique(np.array([str(value) for value in values]), return_inverse=True)[1]
    return codes_N
