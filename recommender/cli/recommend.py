"""`recommend`: lists for visitors from an artifact."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.cli.arguments import seed
from recommender.cli.output import notice, print_json, refuse_unwritable
from recommender.cli.progress import Report, add_progress_argument, reporting
from recommender.errors import InputError
from recommender.slate.knobs import KNOBS, Knobs

if TYPE_CHECKING:
    import pyarrow as pa

    from recommender.serving.batch import Visitors
    from recommender.serving.recommender import Recommender


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "recommend",
        help="recommend items to visitors",
        description="Writes visitor_id,rank,item_id,score for the visitors of the training data and of --history.",
    )
    parser.add_argument("--model", required=True, type=Path, metavar="DIR", help="folder of an artifact")
    parser.add_argument("--history", type=Path, metavar="F", help="newer interactions: history, without training")
    parser.add_argument("--visitors", type=Path, metavar="F", help="only these: a table with a column visitor_id")
    parser.add_argument("-k", type=int, default=20, help="items per visitor (20)")
    parser.add_argument("--out", required=True, type=Path, metavar="F", help=".csv, .tsv, .jsonl or .parquet")
    parser.add_argument("--exclude-seen", action=argparse.BooleanOptionalAction, default=True, help="(yes)")
    for knob in KNOBS.values():
        parser.add_argument(f"--{knob.name}", type=float, default=0.0, metavar="X", help=f"0..1: {knob.meaning} (0)")
    parser.add_argument("--seed", type=seed, default=0, help="of the draws with --exploration (0)")
    add_progress_argument(parser)
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write the lists."""
    from threadpoolctl import threadpool_limits

    from recommender.data.tables import write_table
    from recommender.serving import Recommender

    if args.k < 1:
        raise InputError("-k: must be at least 1")
    model = Recommender.load(args.model)
    refuse_unwritable(args.out, model=args.model)
    visitors = _visitors(args, model)
    with reporting(args.progress) as report, threadpool_limits(1, "blas"):  # batches run side by side already
        table = _table(args, model, visitors, report)
    write_table(table, args.out)
    if args.json:
        print_json({"out": str(args.out), "visitors": len(visitors.visitor_ids), "rows": table.num_rows})


def _table(args: argparse.Namespace, model: "Recommender", visitors: "Visitors", report: Report) -> "pa.Table":
    """All lists, made of a batch of visitors at a time."""
    import numpy as np
    import pyarrow as pa

    from recommender.serving.batch import Lists, recommend_batches

    found: list[Lists] = []
    for lists in recommend_batches(
        model,
        visitors.histories,
        args.k,
        exclude_seen=args.exclude_seen,
        knobs=_knobs(args),
        categories_I=_categories(args.model),
        seed=args.seed,
    ):
        found.append(lists)
        report((int(lists.rows_N.max(initial=-1)) + 1) / len(visitors.visitor_ids), "")
    if not found:
        raise InputError("nobody to recommend to", file=args.visitors)
    rows_N, ranks_N, codes_N, scores_N = (
        np.concatenate(parts) for parts in zip(*(vars(lists).values() for lists in found), strict=True)
    )
    columns = {
        "visitor_id": pa.array(visitors.visitor_ids, pa.string()).take(pa.array(rows_N)),
        "rank": ranks_N.astype(np.int32),
        "item_id": pa.array(model.item_ids, pa.string()).take(pa.array(codes_N)),
        "score": scores_N,
    }
    return pa.table(columns)


def _knobs(args: argparse.Namespace) -> Knobs:
    """The knobs that were turned. An artifact knows categories of items, not brands: fairness is among those."""
    turned = {name: value for name in KNOBS if (value := getattr(args, name))}
    return Knobs.from_dict(turned | ({"fairness_attribute": "category"} if "fairness" in turned else {}))


def _visitors(args: argparse.Namespace, model: "Recommender") -> "Visitors":
    from recommender.data import columns
    from recommender.data.dataset import build_dataset
    from recommender.data.files import read_table
    from recommender.data.interactions import read_interactions
    from recommender.serving.batch import chosen_visitors, known_visitors, with_newer

    visitors = known_visitors(args.model)
    if args.history:
        newer = read_interactions(args.history)
        for line in newer.notices:
            notice(line)
        visitors = with_newer(visitors, build_dataset(newer, weights=model.event_weights), model)
    if args.visitors:
        table = read_table(args.visitors)
        if "visitor_id" not in table.column_names:
            raise InputError("the column is missing", file=args.visitors, column="visitor_id")
        wanted = columns.strings(table, "visitor_id", args.visitors).to_pylist()
        visitors = chosen_visitors(visitors, list(dict.fromkeys(name for name in wanted if name)))
    return visitors


def _categories(folder: Path) -> list[str]:
    """The first category of each item, in code order."""
    import pyarrow.parquet as pq

    from recommender.serving.reading import part

    names = part(folder / "items.parquet", lambda path: pq.ParquetFile(path).read(["categories"])["categories"])
    return [(name or "").split("|")[0].strip() for name in names.to_pylist()]
