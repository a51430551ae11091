"""`simulate`: the closed loop with known truth."""

import argparse

from recommender.cli.arguments import seed
from recommender.cli.output import print_json
from recommender.cli.progress import add_progress_argument, reporting


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "simulate",
        help="let a policy recommend to made-up visitors whose taste is known",
        description="Prints reward and regret (expected clicks a slate), interests_discovered and coverage (shares), "
        "days_to_audience of new items, and the same for every day.",
    )
    parser.add_argument(
        "--scenario",
        default="stable",
        help="stable: tastes stay; drift: they move, and items arrive; satiation: drift, and visitors tire; launches: "
        "satiation with five new items a day; seasonal: satiation, and demand follows the months",
    )
    parser.add_argument(
        "--policy",
        default="default",
        help="greedy, fatigue (greedy that knows how visitors tire), epsilon, thompson, default (serving's) or oracle",
    )
    parser.add_argument(
        "--learner",
        default="counts",
        help="counts: a small learner that counts; forage: the library's models, trained on what its slates brought "
        "every few days, with its beliefs, fatigue and draw (minutes)",
    )
    parser.add_argument("--visitors", type=int, default=200, metavar="N")
    parser.add_argument("--days", type=int, default=30, metavar="D")
    parser.add_argument("--seed", type=seed, default=0, metavar="S")
    add_progress_argument(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print what the policy earned and found out."""
    from recommender.simulation import simulate

    with reporting(args.progress) as report:
        result = simulate(
            scenario=args.scenario,
            policy=args.policy,
            visitors=args.visitors,
            days=args.days,
            seed=args.seed,
            learner=args.learner,
            report=report,
        )
    print_json(result)
