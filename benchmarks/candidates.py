"""What the encoder's candidates cost at serving: `python -m benchmarks.candidates [--items 12000,100000,1000000]`.

For each number of items: trains a small encoder on made-up behaviour of benchmarks.scale (three interactions an item,
two passes), exports it as training does, builds the index of a large catalog, and asks for single visitors with one
thread and no torch: encode, then the 100 best items, by a product with all of them and by what serving does at that
size (the same product up to 50,000 items, the index above). Prints one JSON object a size: p50 in milliseconds of each
part, and how many of the exact 100 are found, for visitors that the index was not tuned on. `--keep DIR` keeps what was
trained, so that a second run measures without training.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

INTERACTIONS_PER_ITEM, VISITORS_PER_INTERACTION = 3, 0.1
ASKED, TUNED_ON, BEST = 300, 200, 100


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", default="12000,100000,1000000")
    parser.add_argument("--keep", type=Path, help="folder of trained encoders")
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        train(options.train, int(options.items))
        return
    with tempfile.TemporaryDirectory() as scratch:
        for items in options.items.split(","):
            folder = (options.keep or Path(scratch)) / items
            if not (folder / "histories.npz").exists():
                order = ["-m", "benchmarks.candidates", "--items", items, "--train", str(folder)]
                subprocess.run([sys.executable, *order], check=True)
            with threadpool_limits(1):  # as a web process has it
                print(json.dumps(measure(folder)), flush=True)


def train(folder, items):
    """An encoder and its index in `folder`, as an artifact has them, and histories to ask with."""
    from benchmarks.scale import lengths, walks
    from recommender.data.dataset import Dataset
    from recommender.data.histories import Histories
    from recommender.models.encoders.config import EncoderConfig
    from recommender.models.encoders.encoder import Encoder, FitOptions
    from recommender.models.encoders.onnx_export import export_onnx
    from recommender.models.transitions import Transitions
    from recommender.serving.nearest import write_index
    from recommender.tensors import save_tensors

    rng, interactions = np.random.default_rng(0), items * INTERACTIONS_PER_ITEM
    visitors = int(interactions * VISITORS_PER_INTERACTION)
    lengths_V = lengths(visitors, interactions, rng)
    items_N = walks(lengths_V, items, rng)
    histories = Histories(
        np.concatenate([[0], np.cumsum(lengths_V)]),
        items_N,
        np.arange(len(items_N), dtype=float),
        np.ones(len(items_N)),
    )
    dataset = Dataset(np.arange(visitors).astype(object), np.arange(items).astype(object), histories)
    config = EncoderConfig(epochs=2, hidden=64, negatives=512, windows=1)
    encoder = Encoder(config).fit(dataset, options=FitOptions(start_II=Transitions().fit(dataset).values_II_))
    folder.mkdir(parents=True, exist_ok=True)
    export_onnx(encoder.network_, folder / "encoder.onnx")
    embedding_ID = encoder.network_.item_embedding_ID.detach().numpy()
    bias_I = encoder.network_.bias_I.detach().numpy()
    save_tensors({"item_embedding_ID": embedding_ID, "item_bias_I": bias_I}, folder / "vectors.safetensors")
    asked = histories.take(rng.permutation(visitors)[: ASKED + TUNED_ON])
    started = time.process_time()
    tuned = encoder.states_BD(asked.take(np.arange(TUNED_ON)))
    report = write_index(folder, embedding_ID, bias_I, tuned)
    seconds = time.process_time() - started
    (folder / "manifest.json").write_text(json.dumps({"nearest": report, "index_cpu_s": round(seconds, 1)}))
    asked = asked.take(np.arange(TUNED_ON, TUNED_ON + ASKED))
    np.savez(folder / "histories.npz", starts=asked.starts_B1, items=asked.items_N)


def measure(folder):
    """Milliseconds of one visitor, and recall."""
    from recommender.data.histories import Histories
    from recommender.serving import reading
    from recommender.serving.nearest import recall_of

    manifest = json.loads((folder / "manifest.json").read_text())
    encoder = reading.encoder(folder, manifest, 50)
    saved = np.load(folder / "histories.npz")
    count = len(saved["items"])
    histories = Histories(saved["starts"], saved["items"], np.arange(count, dtype=float), np.ones(count))
    rows = [histories.take(np.array([row])) for row in range(len(histories))]
    states = [encoder.states(row)[0] for row in rows]
    exact = [best_of_all(encoder, state_D)[0] for state_D in states]
    found = [encoder.best(state_D, BEST)[0] for state_D in states]
    encode = p50(encoder.states, rows)
    return {
        "items": len(encoder._bias_I),
        "index": manifest["nearest"],
        "index_cpu_s": manifest["index_cpu_s"],
        "encode_ms": encode,
        "exact_ms": p50(lambda state_D: best_of_all(encoder, state_D), states),
        "candidates_ms": p50(lambda state_D: encoder.best(state_D, BEST), states),
        "encode_and_candidates_ms": p50(lambda row: encoder.best(encoder.states(row)[0], BEST), rows),
        f"recall@{BEST}": round(recall_of(found, exact), 4),
        "torch_loaded": "torch" in sys.modules,
    }


def best_of_all(encoder, state_D):
    """Codes and scores by a product with every item."""
    scores_I = state_D @ encoder._embedding_DI + encoder._bias_I
    best = np.argpartition(-scores_I, BEST)[:BEST]
    best = best[np.argsort(-scores_I[best], kind="stable")]
    return best, scores_I[best]


def p50(work, tasks):
    """Median milliseconds of a call, after ten to warm up."""
    for task in tasks[:10]:
        work(task)
    taken = []
    for task in tasks:
        started = time.perf_counter()
        work(task)
        taken.append(time.perf_counter() - started)
    return round(float(np.median(taken)) * 1e3, 3)


if __name__ == "__main__":
    main()
