"""Writes the folder of an artifact as docs/architecture.md lays it out, small and without any training."""

import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq

BLEND = {"ndcg@10": 0.20, "recall@10": 0.30, "coverage@10": 0.5}
POPULARITY = {"ndcg@10": 0.08, "recall@10": 0.12, "coverage@10": 0.02}


def membership(visitor_id, segment, probability=0.9, x=0.0, y=0.0):
    return {"visitor_id": visitor_id, "segment": segment, "probability": probability, "x": x, "y": y}


def segment(number, name=None, share=0.5, visitors=100):
    return {
        "number": number,
        "suggested_name": name or f"Interest {number}",
        "share": share,
        "visitors": visitors,
        "center": [float(number), -1.0],
        "covariance": [[1.0, 0.2], [0.2, 0.5]],
        "top_items": [{"item_id": "mug", "share": 0.2, "lift": 3.0}],
        "top_categories": [{"category": "Kitchen", "share": 0.4, "lift": 2.0}],
        "facts": {"median_interactions": 5},
    }


def write_segments(folder, segments, visitors):
    """`visitors`: rows of `membership`; the rest of their probability goes to the other segments evenly."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "segments.json").write_text(json.dumps(segments))
    numbers = [entry["number"] for entry in segments]
    others = max(len(numbers) - 1, 1)
    for row in visitors:
        row["probabilities"] = [
            row["probability"] if number == row["segment"] else (1 - row["probability"]) / others for number in numbers
        ]
        row["interest"] = [row["x"], row["y"]]
    pq.write_table(pa.Table.from_pylist(visitors), folder / "visitors.parquet")
    return folder


def paired(difference=0.0, half_width=0.01, *, before=0.2, visitors=400, **more):
    """How a version compares with the one before it; `more`: segments, milliseconds, bytes, or measures of lists."""
    ndcg = {"before": before, "after": before + difference, "difference": difference}
    ndcg["interval"] = [difference - half_width, difference + half_width]
    lists = {name.replace("_at_", "@"): more.pop(name) for name in [*more] if "_at_" in name}
    measures = {"ndcg@10": ndcg, **lists}
    return {
        "visitors": visitors,
        "unseen": visitors // 4,
        "since": "2026-11-20T00:00:00+00:00",
        "measures": measures,
        **more,
    }


def write_artifact(
    folder, visitor_ids, *, blend=None, popularity=None, tested_visitors=400, interval=0.02, paired=None, **facts
):
    """A whole artifact that a shop could publish; the numbers of the evaluation are the caller's."""
    rows = [membership(visitor_id, 1 + index % 2) for index, visitor_id in enumerate(visitor_ids)]
    write_segments(folder, [segment(1), segment(2)], rows)
    pq.write_table(pa.table({"item_id": ["mug", "lamp"], "popularity": [2.0, 1.0]}), folder / "items.parquet")
    blend = {**BLEND, **(blend or {})}
    evaluation = {
        "protocol": "leave-one-out",
        "visitors": tested_visitors,
        "k": [10],
        "models": {"blend": blend, "popularity": {**POPULARITY, **(popularity or {})}},
        "intervals": {"blend": {name: [value - interval, value + interval] for name, value in blend.items()}},
    }
    if paired is not None:
        evaluation["paired"] = paired
    (folder / "evaluation.json").write_text(json.dumps(evaluation))
    manifest = {
        "schema": 1,
        "created_at": "2026-11-24T00:00:00Z",
        "preset": "fast",
        "seed": 1,
        "config": {},
        "counts": {"interactions": 40, "visitors": len(visitor_ids), "items": 2},
        "blend": {"transitions": 1.0},
        "history_length": 50,
        "versions": {},
        **facts,
        "checksums": checksums(folder),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def checksums(folder):
    files = sorted(path for path in folder.iterdir() if path.name != "manifest.json")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
