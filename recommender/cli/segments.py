"""`segments`: who belongs to which segment, and what each segment is."""

import argparse
from pathlib import Path

from recommender.cli.output import notice, print_json, refuse_unwritable

SHOWN_PROBABILITY = 0.001


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "segments",
        help="write the segments of an artifact",
        description="Writes visitor_id,segment,probability and a JSON description of each segment. Memberships are "
        f"soft: a visitor has a row for every segment with a probability of {SHOWN_PROBABILITY} or more.",
    )
    parser.add_argument("--model", required=True, type=Path, metavar="DIR", help="folder of an artifact")
    parser.add_argument("--out", required=True, type=Path, metavar="F", help=".csv, .tsv, .jsonl or .parquet")
    parser.add_argument("--description", type=Path, metavar="F.json", help="(OUT.json)")
    parser.add_argument("--json", action="store_true", help="print the description as well")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write memberships and descriptions."""
    import json

    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from recommender.artifact import read_manifest
    from recommender.data.tables import whole_file, write_table
    from recommender.serving import reading

    description = args.description or args.out.with_name(args.out.name + ".json")
    read_manifest(args.model)
    for file in (args.out, description):
        refuse_unwritable(file, model=args.model)
    visitors = reading.part(
        args.model / "visitors.parquet", lambda path: pq.ParquetFile(path).read(["visitor_id", "probabilities"])
    )
    segments = reading.part(args.model / "segments.json", reading.segments)
    described, numbers_K = list(segments.values()), np.array(sorted(segments))
    shares_VK = np.array(visitors["probabilities"].to_pylist(), np.float32).reshape(-1, len(numbers_K))
    row_N, column_N = np.nonzero(shares_VK >= SHOWN_PROBABILITY)
    order = np.lexsort((-shares_VK[row_N, column_N], row_N))
    row_N, column_N = row_N[order], column_N[order]
    table = pa.table(
        {
            "visitor_id": visitors["visitor_id"].take(pa.array(row_N)),
            "segment": numbers_K[column_N],
            "probability": shares_VK[row_N, column_N].round(6),
        }
    )
    with whole_file(description) as part:  # both or none
        part.write_text(json.dumps(described, ensure_ascii=False, indent=1), encoding="utf-8")
        write_table(table, args.out)
    notice(f"{args.out}: {table.num_rows:,} memberships; {description}: {len(described)} segments")
    if args.json:
        print_json(described)
