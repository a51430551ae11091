"""`evaluate`: how good the models are on a data set, with nothing but full rankings."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recommender.cli.output import notice, print_json, refuse_unwritable
from recommender.cli.progress import add_progress_argument, reporting
from recommender.cli.report import write_page
from recommender.cli.train import add_data_arguments, add_training_arguments, calm_threads, config_options
from recommender.errors import InputError

if TYPE_CHECKING:
    from recommender.models.base import Model
    from recommender.training.presets import TrainingConfig

LEAST_WIDTH = 80  # columns that the table fits; a narrower terminal wraps its lines, and cuts no figure
VISITORS = 50_000  # asked, of more: an NDCG@10 of .05 is then known within ± .002
PROTOCOLS = ("leave-one-out", "last-session", "temporal", "k-fold", "session-k-fold")
SHOWN = {
    "hr": "HR",
    "ndcg": "NDCG",
    "recall": "recall",
    "mrr": "MRR",
    "coverage": "cover",
    "intra_list_distance": "distance",
    "novelty": "novelty",
}


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure the models on a data set",
        description="Fits the models without what is held out, ranks all items for every visitor, and compares. The "
        "blend's weights are learned inside the training part.",
    )
    add_data_arguments(parser)
    add_training_arguments(parser)
    parser.add_argument("--protocol", choices=PROTOCOLS, default="leave-one-out", help="(leave-one-out)")
    parser.add_argument(
        "--visitors",
        type=int,
        default=VISITORS,
        metavar="N",
        help=f"how many are asked about at most, drawn by the seed; 0: everybody ({VISITORS:,})",
    )
    parser.add_argument("-k", default="5,10,20", help="cutoffs (5,10,20)")
    parser.add_argument("--exclude-seen", action=argparse.BooleanOptionalAction, default=True, help="(yes)")
    parser.add_argument(
        "--exposure-by",
        default="popularity",
        metavar="COLUMN",
        help="count whose share of the slots: of popularity bands, or by a column of the items (popularity)",
    )
    parser.add_argument(
        "--also",
        default="",
        metavar="MODELS",
        help="measure further models too, of the family (docs/models.md), by their names with commas between",
    )
    parser.add_argument(
        "--only", default="", metavar="MODELS", help="fit and measure these models alone, each by itself: no blend"
    )
    parser.add_argument(
        "--report", type=Path, metavar="F.html", help="also draw accuracy against diversity and coverage"
    )
    add_progress_argument(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Measure and print."""
    cutoffs = _cutoffs(args.k)
    if args.only and (args.also or args.report):
        raise InputError("--only: measures models by themselves, so neither --also nor --report goes with it")
    if args.visitors < 0:
        raise InputError("--visitors: must not be negative")
    if args.report:
        refuse_unwritable(args.report)
    calm_threads()
    from recommender.training.measuring import measure
    from recommender.training.pipeline import read_dataset

    config, also = _models(args)
    dataset, notices = read_dataset(args.interactions, args.items, config.events.weights, config.screening)
    for line in notices:
        notice(line)
    with reporting(args.progress) as report:
        document = measure(
            dataset,
            config.seeded(args.seed),
            protocol=args.protocol,
            cutoffs=cutoffs,
            seed=args.seed,
            exclude_seen=args.exclude_seen,
            exposure_by=args.exposure_by,
            visitors=args.visitors or None,
            device=args.device,
            also=also,
            only=bool(args.only),
            report=report,
        )
    if args.report:
        write_page(document, 10 if 10 in cutoffs else cutoffs[-1], args.report)
    if args.json:
        print_json(document | {"preset": args.preset, "seed": args.seed})
    else:
        _print_tables(document, cutoffs)


def _models(args: argparse.Namespace) -> "tuple[TrainingConfig, dict[str, Callable[[], Model]]]":
    """The config of what a training fits, and makers of the further models; --config holds options of both."""
    from recommender.models.family import member
    from recommender.training.presets import PRESETS

    options = config_options(args)
    names = [name.strip() for name in (args.only or args.also).split(",") if name.strip()]
    own = {name: options.pop(name, {}) for name in names}
    also: dict[str, Callable[[], Model]] = {name: partial(member, name, own[name], seed=args.seed) for name in names}
    for make in also.values():
        make()  # an unknown name or option is refused before anything is fitted
    return PRESETS[args.preset].overridden(options), also


def _cutoffs(text: str) -> list[int]:
    try:
        cutoffs = sorted({int(part) for part in text.split(",")})
    except ValueError:
        cutoffs = [0]
    if cutoffs[0] < 1:
        raise InputError(f"-k: “{text}” is no list of whole numbers above 0")
    return cutoffs


def _print_tables(document: dict[str, Any], cutoffs: list[int]) -> None:
    """A table for each cutoff; with --json there is more."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.width = max(console.width, LEAST_WIDTH)
    for k in cutoffs:
        title = f"{document['protocol']}, {_asked(document)}, full ranking, lists of {k}"
        table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
        table.add_column("model", no_wrap=True)
        for heading in SHOWN.values():
            table.add_column(heading, justify="right", no_wrap=True)
        for model, values in document["models"].items():
            cells = {name: values.get(f"{name}@{k}") for name in SHOWN}
            shown = {name: "–" if value is None else f"{value:.4f}" for name, value in cells.items()}
            if interval := document["intervals"][model].get(f"ndcg@{k}"):
                shown["ndcg"] += f"\n±{(interval[1] - interval[0]) / 2:.4f}"
            table.add_row(model, *shown.values())
        table.caption = "± half of the 95 % interval"
        console.print(table)


def _asked(document: dict[str, Any]) -> str:
    asked, askable = document["visitors"], document["askable"]
    return f"{asked:,} visitors" + (f" drawn from {askable:,}" if asked < askable else "")
