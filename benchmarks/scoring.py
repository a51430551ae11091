"""Scores lists against what came next: `python benchmarks/scoring.py LISTS TEST`. Standard library alone, so that no
competitor is judged by code of its own.

LISTS has the columns visitor_id,rank,item_id (rank from 1), TEST visitor_id,item_id with one held-out item a visitor;
both CSV, also .gz. A visitor without a list is a miss. Refused are lists that hold an item or a rank twice, or an item
that SEEN (any number of files with visitor_id,item_id) says the visitor had already.
"""

import csv
import gzip
import json
import math
import sys
from collections import defaultdict

K = 10


def main():
    lists, test, *seen = sys.argv[1:]
    print(json.dumps(score(lists, test, seen)))


def score(lists, test, seen=()):
    """`{"visitors", "without_list", "ndcg@10", "hr@10"}`."""
    target = {row["visitor_id"]: row["item_id"] for row in rows(test)}
    had = defaultdict(set)
    for path in seen:
        for row in rows(path):
            had[row["visitor_id"]].add(row["item_id"])
    shown = defaultdict(dict)
    for row in rows(lists):
        visitor, rank, item = row["visitor_id"], int(row["rank"]), row["item_id"]
        if visitor in target:
            refuse(visitor, rank, item, shown[visitor], had[visitor])
            shown[visitor][rank] = item
    ranks = [
        rank for visitor in shown for rank, item in shown[visitor].items() if item == target[visitor] and rank <= K
    ]
    return {
        "visitors": len(target),
        "without_list": len(target) - len(shown),
        f"ndcg@{K}": sum(1 / math.log2(rank + 1) for rank in ranks) / len(target),
        f"hr@{K}": len(ranks) / len(target),
    }


def refuse(visitor, rank, item, earlier, had):
    """A list that is none."""
    if rank < 1 or rank in earlier or item in earlier.values():
        raise SystemExit(f"the list of {visitor} holds rank {rank} or item {item} twice")
    if item in had:
        raise SystemExit(f"the list of {visitor} holds {item}, which the visitor had already")


def rows(path):
    opened = gzip.open if str(path).endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


if __name__ == "__main__":
    main()
