"""What training costs as a shop grows: `python -m benchmarks.scale [--millions 1,3,10] [--preset P] [--chart F.html]`.

Makes shops of N interactions of N/10 visitors on N/50 items and trains each with the library's command in a process of
its own. Popularity follows a power law (the top 1% of items have about a tenth of the interactions), visitors have few
interactions in the median and hundreds in the tail, and what comes next depends on what came before: most steps stay
in the family of the last item, where each item has favourite successors. Prints one JSON object a size: seconds of wall
clock and processor, the most memory, microseconds of processor time per interaction, and the machine's load before,
which tells whether the wall clock means anything. The chart shows cost per interaction and memory against size.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

VISITORS_PER_INTERACTION, ITEMS_PER_INTERACTION = 0.1, 0.02
FAMILY = 40  # items
SUCCESSORS = 5  # favourites of an item
STAY, FOLLOW = 0.75, 0.6  # a step stays in the family; then it goes to a favourite
DAYS = 180


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", default="1,3,10", help="sizes, in millions of interactions")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chart", type=Path, help="write the chart there")
    options = parser.parse_args()
    results = []
    for millions in options.millions.split(","):
        results.append(measure(int(float(millions) * 1e6), options.preset, options.seed))
        print(json.dumps(results[-1]), flush=True)
    if options.chart:
        options.chart.write_text(chart(results), encoding="utf-8")


def measure(interactions, preset, seed):
    """Seconds and MiB of one training."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        file, out = Path(folder, "interactions.parquet"), Path(folder, "model")
        pq.write_table(shop(interactions, np.random.default_rng(seed)), file)
        order = ["train", "--interactions", str(file), "--out", str(out), "--preset", preset, "--seed", str(seed)]
        load, started = os.getloadavg()[0], time.perf_counter()
        child = subprocess.Popen([sys.executable, "-m", "recommender", *order], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode, wall = os.waitstatus_to_exitcode(status), time.perf_counter() - started
        if child.returncode:
            raise SystemExit(f"training on {interactions:,} interactions ended with exit code {child.returncode}")
        seconds = used.ru_utime + used.ru_stime
        evaluation = json.loads((out / "evaluation.json").read_text())["models"]
        return {
            "interactions": interactions,
            "preset": preset,
            "wall_s": round(wall, 1),
            "cpu_s": round(seconds, 1),
            "cpu_us_per_interaction": round(seconds / interactions * 1e6, 1),
            "most_memory_mib": used.ru_maxrss // 1024,
            "load_before": round(load, 1),
            "artifact_mib": sum(path.stat().st_size for path in out.iterdir()) // 2**20,
            "ndcg@10": {name: values.get("ndcg@10") for name, values in evaluation.items()},
        }


def shop(interactions, rng):
    """A table with the columns of the command line, in order of time."""
    visitors, items = int(interactions * VISITORS_PER_INTERACTION), int(interactions * ITEMS_PER_INTERACTION)
    lengths_V = lengths(visitors, interactions, rng)
    item_N = walks(lengths_V, items, rng)
    visitor_N = np.repeat(np.arange(visitors), lengths_V)
    start_V = rng.random(visitors) * DAYS * 86_400
    gap_N = rng.exponential(1, len(item_N)) * np.where(rng.random(len(item_N)) < 0.8, 40.0, 86_400.0)
    since_N = np.cumsum(gap_N)
    first_V = np.concatenate([[0], np.cumsum(lengths_V)[:-1]])
    seconds_N = 1_700_000_000 + start_V[visitor_N] + since_N - since_N[first_V][visitor_N]
    order = np.argsort(seconds_N, kind="stable")
    return pa.table(
        {
            "visitor_id": pa.DictionaryArray.from_arrays(visitor_N[order], [f"visitor-{v}" for v in range(visitors)]),
            "item_id": pa.DictionaryArray.from_arrays(item_N[order], [f"item-{i}" for i in range(items)]),
            "timestamp": np.round(seconds_N[order]),
        }
    )


def lengths(visitors, interactions, rng):
    """Interactions of each visitor: log-normal, 1 to 2,000, adding up to `interactions`."""
    drawn_V = np.clip(rng.lognormal(1.5, 1.1, visitors), 1, 2000)
    whole_V = np.maximum(np.floor(drawn_V * interactions / drawn_V.sum()), 1).astype(np.int64)
    missing = interactions - whole_V.sum()
    some = rng.choice(np.flatnonzero(whole_V > 1), abs(missing), replace=True) if missing else np.zeros(0, np.int64)
    np.add.at(whole_V, some, int(np.sign(missing)))
    return np.maximum(whole_V, 1)


def walks(lengths_V, items, rng):
    """int32 (N,): each visitor's items, one step of all visitors at a time, longest first."""
    popularity_I = 1.0 / (np.arange(items) + 10.0) ** 0.85
    cumulative_I = np.cumsum(popularity_I[rng.permutation(items)])
    favourites_IS = (np.arange(items) // FAMILY * FAMILY)[:, None] + rng.integers(FAMILY, size=(items, SUCCESSORS))
    favourites_IS = np.minimum(favourites_IS, items - 1)
    order = np.argsort(-lengths_V, kind="stable")
    sorted_V, starts_V = lengths_V[order], np.concatenate([[0], np.cumsum(lengths_V)[:-1]])[order]
    items_N = np.zeros(lengths_V.sum(), np.int32)
    current_V = popular(cumulative_I, len(order), rng)
    for step in range(int(sorted_V[0])):
        going = int(np.searchsorted(-sorted_V, -step, side="left"))
        current_V = current_V[:going]
        items_N[starts_V[:going] + step] = current_V
        current_V = following(current_V, favourites_IS, cumulative_I, rng)
    return items_N


def following(current_V, favourites_IS, cumulative_I, rng):
    """The next item of each: a favourite of the last one, another of its family, or a popular one."""
    count = len(current_V)
    favourite_V = favourites_IS[current_V, rng.integers(favourites_IS.shape[1], size=count)]
    family_V = np.minimum(current_V // FAMILY * FAMILY + rng.integers(FAMILY, size=count), len(favourites_IS) - 1)
    near_V = np.where(rng.random(count) < FOLLOW, favourite_V, family_V)
    return np.where(rng.random(count) < STAY, near_V, popular(cumulative_I, count, rng))


def popular(cumulative_I, count, rng):
    """Items by popularity."""
    drawn = np.searchsorted(cumulative_I, rng.random(count) * cumulative_I[-1], side="right")
    return np.minimum(drawn, len(cumulative_I) - 1)


def chart(results):
    """Processor time per interaction, and memory, against size, as a page."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    shown = {"cpu_us_per_interaction": "processor time per interaction (µs)", "most_memory_mib": "most memory (MiB)"}
    sizes = [result["interactions"] for result in results]
    figure = make_subplots(rows=1, cols=2, subplot_titles=list(shown.values()))
    for column, field in enumerate(shown, start=1):
        line = go.Scatter(x=sizes, y=[result[field] for result in results], mode="lines+markers", showlegend=False)
        figure.add_trace(line, row=1, col=column)
    figure.update_xaxes(title="interactions", type="log")
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(title=f"Training with the preset {results[0]['preset']}")
    return figure.to_html(include_plotlyjs=True)


if __name__ == "__main__":
    main()
