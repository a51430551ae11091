"""`off-policy`: what another policy would have earned, from a log."""

import argparse
from dataclasses import asdict

from recommender.cli.documents import numbers, read_object
from recommender.cli.output import print_json
from recommender.off_policy import PolicyLog, estimate

_FIELDS = ("action", "reward", "pscore", "pi_e", "q_hat", "generator", "expected")


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "off-policy",
        help="estimate from a log what another policy would have earned",
        description="Prints IPS, SNIPS, DM, DR, SNDR, Switch-DR, DRos, DR with SLOPE and the effective sample size.",
    )
    parser.add_argument(
        "--input", required=True, metavar="F.json", help="{action, reward, pscore, pi_e, q_hat} of every decision"
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
    print_json(asdict(estimate(log)))
