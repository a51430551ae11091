"""Stands in for `python -m recommender` where a test is about runs and not about learning.

`python -m tests.training.fake_trainer SCRIPT train --interactions … --out …`. SCRIPT is a JSON file:
{"do": "finish" | "hang" | "fail" | "refuse" | "killed", "first_do"?: what the first attempt does, "blend"?: {…}}.
A real process, so that signals, pipes and exits are real too.
"""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq

from recommender.artifact.lineage import digest
from recommender.data.events import EVENT_WEIGHTS
from tests.artifact_files import write_artifact

STAGES = ("read", "encode", "rank", "segments", "evaluate", "write")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("script", type=Path)
    parser.add_argument("command", choices=["train"])
    for name in ("--interactions", "--items", "--previous", "--out", "--checkpoint", "--config", "--earlier-segments"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--warm-start", action="store_true")
    for name in ("--preset", "--seed", "--progress"):
        parser.add_argument(name)
    args = parser.parse_args()
    script = json.loads(args.script.read_text())
    visitors = sorted(set(pq.read_table(args.interactions)["visitor_id"].to_pylist()))
    resumed = (args.checkpoint / "passes").exists()
    act(script["do"] if resumed else script.get("first_do", script["do"]), args, script, visitors, resumed)


def act(deed, args, script, visitors, resumed):
    for index, stage in enumerate(STAGES):
        say(
            stage,
            index,
            given(args) if stage == "read" else "goes on from pass 7" if resumed and stage == "encode" else "",
        )
        if stage == "encode":
            args.checkpoint.mkdir(parents=True, exist_ok=True)
            (args.checkpoint / "passes").write_text("7")
            {"hang": hang, "fail": fail, "refuse": refuse, "killed": killed}.get(deed, lambda: None)()
    told = {name: script[name] for name in ("blend", "tested_visitors", "paired") if name in script}
    write_artifact(args.out, visitors, **told, **lineage(args))


def lineage(args):
    """As the library's manifest tells it."""
    files = {"interactions": args.interactions, "items": args.items}
    weights = json.loads(args.config.read_text())["events"] if args.config else {}
    return {
        "data": {name: digest(path) if path else None for name, path in files.items()},
        "source": "0123456789abcdef",
        "parent": digest(args.previous / "manifest.json") if args.previous else None,
        "preset": args.preset,
        "seed": int(args.seed),
        "config": {"events": {**EVENT_WEIGHTS, **weights}},
        **({"start": {"warm": True}} if args.warm_start else {}),
    }


def given(args):
    items = pq.read_table(args.items).num_rows if args.items else 0
    weights = json.loads(args.config.read_text())["events"] if args.config else "usual"
    order = "after an earlier artifact" if args.previous else "for the first time"
    order += ", going on from it" if args.warm_start else ""
    numbers = json.loads(args.earlier_segments.read_text())["reserved"] if args.earlier_segments else "none"
    return f"reads {items} items, {order}, weights {weights}, numbers given {numbers}"


def say(stage, index, message):
    progress = {"stage": stage, "stage_index": index, "stages": len(STAGES), "stage_progress": 0.5}
    progress |= {"progress": index / len(STAGES), "message": message or f"{stage} goes well"}
    tell(progress)


def tell(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def hang():
    tell({"pid": os.getpid()})
    time.sleep(120)


def fail():
    sys.exit("error: the disk is full")


def refuse():
    sys.stderr.write("error: interactions.parquet, line 7: the time is missing\n")
    sys.exit(2)


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
