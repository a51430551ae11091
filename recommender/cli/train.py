"""`train`: learn from interactions and write an artifact."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from recommender.cli.arguments import seed
from recommender.cli.output import notice, print_json

if TYPE_CHECKING:
    from recommender.training.pipeline import Order
    from recommender.training.presets import TrainingConfig
    from recommender.training.progress import Line, Sink

PRESETS = ("fast", "balanced", "best")
STOPPED = 143  # 128 + SIGTERM
SHARED_STAGES = ("read", "encode")  # what every process of `torchrun` does


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("train", help="learn from interactions and write an artifact")
    add_data_arguments(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder of the artifact")
    add_training_arguments(parser)
    parser.add_argument("--previous", type=Path, metavar="DIR", help="earlier artifact: segments keep their numbers")
    parser.add_argument(
        "--warm-start", action="store_true", help="go on from the encoder of --previous, where that makes sense"
    )
    parser.add_argument(
        "--earlier-segments", type=Path, metavar="F.json", help="numbers of artifacts before it, and members of theirs"
    )
    parser.add_argument(
        "--checkpoint", type=Path, metavar="DIR", help="keep checkpoints here and go on from those that are there"
    )
    parser.add_argument("--resume", action="store_true", help="the same with the folder OUT.checkpoint")
    parser.add_argument("--progress", choices=("auto", "json", "bar", "none"), default="auto", help="(auto)")
    parser.add_argument("--json", action="store_true", help="print the manifest as JSON when done")
    parser.set_defaults(run=run)


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """--interactions and --items."""
    formats = ".csv, .tsv, .jsonl (also .gz) or .parquet"
    parser.add_argument(
        "--interactions",
        required=True,
        type=Path,
        metavar="F",
        help=f"visitor_id,item_id,timestamp[,event_type,value] as {formats}",
    )
    parser.add_argument("--items", type=Path, metavar="F", help=f"item_id[,title,categories,…] as {formats}")


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """What decides how models are fitted."""
    parser.add_argument("--preset", choices=PRESETS, default="balanced", help="how thoroughly (balanced)")
    parser.add_argument("--config", type=Path, metavar="F.json", help='overrides, as {"encoder": {"epochs": 3}}')
    parser.add_argument("--seed", type=seed, default=0, help="(0)")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (auto)")


def run(args: argparse.Namespace) -> int:
    """Train; SIGTERM ends it with nothing but checkpoints left."""
    calm_threads()
    from recommender.training.pipeline import Order, train
    from recommender.training.progress import Progress

    order = Order(
        interactions=args.interactions,
        out=args.out,
        config=training_config(args),
        preset=args.preset,
        items=args.items,
        seed=args.seed,
        device=args.device,
        previous=args.previous,
        earlier_segments=args.earlier_segments,
        checkpoints=_checkpoints(args),
        warm=args.warm_start,
    )
    if int(os.environ.get("RANK", "0")) > 0:
        return _help(order)
    with _stoppable(), _sink(args.progress) as sink, Progress(sink) as progress:
        manifest = train(order, progress)
    if args.json:
        print_json({"out": str(args.out), **manifest})
    return 0


class _PartDone(Exception):
    """What a further process of `torchrun` is there for is done."""


def _help(order: "Order") -> int:
    """A further process of `torchrun`: takes its share of the encoder's batches, and writes and prints nothing. What
    comes after the encoder is the first process's."""
    from recommender.training.pipeline import train
    from recommender.training.progress import Progress

    def sink(line: "Line") -> None:
        if line["stage"] not in SHARED_STAGES:
            raise _PartDone

    with tempfile.TemporaryDirectory() as folder, suppress(_PartDone), _stoppable(), Progress(sink) as progress:
        train(replace(order, out=Path(folder, "part")), progress)
    return 0


def training_config(args: argparse.Namespace) -> "TrainingConfig":
    """The preset with the overrides of --config."""
    from recommender.training.presets import PRESETS as CONFIGS

    return CONFIGS[args.preset].overridden(config_options(args))


def config_options(args: argparse.Namespace) -> dict[str, Any]:
    """What --config holds, by model."""
    from recommender.cli.documents import read_json
    from recommender.errors import InputError

    values: Any = {} if args.config is None else read_json(str(args.config))
    if not isinstance(values, dict):
        raise InputError("must hold a JSON object", file=args.config)
    return values


def calm_threads() -> None:
    """Before torch and numpy load: threads that wait must sleep. Spinning ones made a pass five times slower on two
    cores that others use too."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")


def _checkpoints(args: argparse.Namespace) -> Path | None:
    if args.checkpoint:
        return args.checkpoint
    return args.out.with_name(args.out.name + ".checkpoint") if args.resume else None


@contextmanager
def _stoppable() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(STOPPED)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _sink(kind: str) -> Iterator["Sink"]:
    from recommender.training.progress import json_sink, no_sink

    if kind == "json":
        yield json_sink
    elif kind == "bar" or (kind == "auto" and sys.stderr.isatty()):
        with _bar() as sink:
            yield sink
    else:
        yield no_sink if kind == "none" else _stages()


@contextmanager
def _bar() -> Iterator["Sink"]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:9}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[message]}"), console=Console(stderr=True)) as bar:
        task = bar.add_task("read", total=1.0, message="")

        def sink(line: "Line") -> None:
            bar.update(task, completed=line["progress"], description=line["stage"], message=line.get("message", ""))

        yield sink


def _stages() -> "Sink":
    """Without a terminal: a line per stage, and one for what reading left out."""
    told: list[str] = []

    def sink(line: "Line") -> None:
        if line["stage"] not in told:
            told.append(line["stage"])
            notice(f"{line['stage']} …")
        if line["stage"] == "read" and line.get("message"):
            notice(line["message"])

    return sink
