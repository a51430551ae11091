"""How good the blend is beside its parts: `python -m benchmarks.quality --interactions F [--items F] [--presets fast]`.

Fits each preset as `train` does, without each visitor's last interaction, ranks that among all unseen items, and prints
one JSON object a preset: NDCG@10 and HR@10 of the blend, of each model in it, and of peers that were fitted beside it
(`als` by `implicit`, `item_cosine`), the seconds of processor time of everything together, and `least_ratio`: NDCG@10
of the blend over that of its best component. Ends with exit code 1 where that is below 0.98 for any preset.
`--visitors N` looks at fewer: quick, but with a few hundred one hit more or less moves the ratio by a tenth.
Peers as they are themselves, `rectools` too, are measured by benchmarks.peers.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from recommender.models.item_neighbours import ItemCosine
from recommender.models.matrix import Als
from recommender.training.measuring import measure
from recommender.training.pipeline import read_dataset
from recommender.training.presets import PRESETS

PEERS = {"als": Als, "item_cosine": ItemCosine}
LEAST_RATIO = 0.98
METRICS = ("ndcg@10", "hr@10")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interactions", type=Path, required=True)
    parser.add_argument("--items", type=Path)
    parser.add_argument("--presets", default="fast,balanced,best")
    parser.add_argument("--visitors", type=int, help="only the first so many")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    dataset, _ = read_dataset(options.interactions, options.items)
    if options.visitors:
        dataset = dataset.take(np.arange(min(options.visitors, len(dataset.visitor_ids))))
    ratios = [row(dataset, preset, options.seed) for preset in options.presets.split(",")]
    raise SystemExit(0 if min(ratios) >= LEAST_RATIO else 1)


def row(dataset, preset, seed, **told):
    """Prints the figures of a preset; the ratio of the blend to its best component."""
    started = time.process_time()
    found = measure(
        dataset,
        PRESETS[preset].seeded(seed),
        protocol="leave-one-out",
        cutoffs=[10],
        seed=seed,
        exclude_seen=True,
        device="auto",
        also=PEERS,
    )
    models = {name: {metric: values[metric] for metric in METRICS} for name, values in found["models"].items()}
    components = [values["ndcg@10"] for name, values in models.items() if name not in (*PEERS, "blend", "unranked")]
    ratio = models["blend"]["ndcg@10"] / max(*components, 1e-9)
    told |= {"preset": preset, "visitors": found["visitors"], "models": models, "least_ratio": round(ratio, 4)}
    print(json.dumps(told | {"cpu_seconds": round(time.process_time() - started, 1)}), flush=True)
    return ratio


if __name__ == "__main__":
    main()
