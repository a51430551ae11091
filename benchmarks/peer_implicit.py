"""One model of `implicit` for benchmarks.peers: `python -m benchmarks.peer_implicit MODEL OPTIONS.json DATA OUT.csv`.

Fits it as its documentation does (visitors × items, 1 where a visitor had an item), asks it about every visitor of
`test` with the history of `train` and `history`, and prints the seconds of both. Nothing of Forage is imported.
"""

import json
import sys
import time
from pathlib import Path

import implicit
import numpy as np
import pandas as pd
from scipy import sparse

K = 20
MODELS = {
    "als": implicit.als.AlternatingLeastSquares,
    "cosine": implicit.nearest_neighbours.CosineRecommender,
    "tfidf": implicit.nearest_neighbours.TFIDFRecommender,
    "bm25": implicit.nearest_neighbours.BM25Recommender,
}


def main():
    name, options, folder, out = sys.argv[1:]
    tables = {part: read(Path(folder) / f"{part}.csv.gz") for part in ("train", "history", "test")}
    asked = pd.concat([tables["train"], tables["history"]])
    visitor_ids, item_ids = (pd.Index(asked[column].unique()) for column in ("visitor_id", "item_id"))
    train_VI, asked_VI = (matrix(table, visitor_ids, item_ids) for table in (tables["train"], asked))
    rows = visitor_ids.get_indexer(tables["test"]["visitor_id"])
    rows = rows[rows >= 0]
    fit = Stopwatch()
    model = MODELS[name](**json.loads(options))
    model.fit(train_VI, show_progress=False)
    fit.stop()
    ask = Stopwatch()
    folded = {"recalculate_user": True} if name == "als" else {}
    codes_BK, scores_BK = model.recommend(rows, asked_VI[rows], N=K, filter_already_liked_items=True, **folded)
    ask.stop()
    write(out, visitor_ids[rows], item_ids, codes_BK, scores_BK)
    print(json.dumps({"fit": fit.spent, "recommend": ask.spent}))


def read(path):
    return pd.read_csv(path, dtype={"visitor_id": str, "item_id": str})


def matrix(table, visitor_ids, item_ids):
    places = visitor_ids.get_indexer(table["visitor_id"]), item_ids.get_indexer(table["item_id"])
    found = sparse.csr_matrix((np.ones(len(table), np.float32), places), shape=(len(visitor_ids), len(item_ids)))
    found.data[:] = 1.0  # a visitor may have had an item twice
    return found


def write(out, visitor_ids, item_ids, codes_BK, scores_BK):
    """Only what the model has a score for: nearest neighbours fill short lists with anything."""
    rows, places = np.nonzero((codes_BK >= 0) & (scores_BK > 0))
    table = {"visitor_id": visitor_ids[rows], "rank": places + 1, "item_id": item_ids[codes_BK[rows, places]]}
    pd.DataFrame(table).to_csv(out, index=False)


class Stopwatch:
    """Seconds by the clock and of the processor."""

    def __init__(self):
        self.begun = time.perf_counter(), time.process_time()

    def stop(self):
        self.spent = [time.perf_counter() - self.begun[0], time.process_time() - self.begun[1]]


if __name__ == "__main__":
    main()
