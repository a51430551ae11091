"""SASRec of `rectools` for benchmarks.peers, by the Python of an environment that has it:
`PYTHON benchmarks/peer_rectools.py OPTIONS.json DATA OUT.csv`.

OPTIONS are those of `SASRecModel`, and of ours `minutes` of the processor: how long it may learn. Nothing of Forage is
imported.
"""

import json
import sys
import time
import warnings
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from pytorch_lightning import Trainer, seed_everything
from pytorch_lightning.callbacks import Callback
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel

K = 20


def main():
    options, folder, out = json.loads(sys.argv[1]), Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve()
    with TemporaryDirectory() as scratch, chdir(scratch):  # Lightning leaves checkpoints where it is started
        compare(options, folder, out)


def compare(options, folder, out):
    warnings.filterwarnings("ignore")
    seed_everything(0)
    train, history, test = (read(folder / f"{part}.csv.gz") for part in ("train", "history", "test"))
    asked = pd.concat([train, history[history[Columns.Item].isin(train[Columns.Item])]])
    if minutes := options.pop("minutes", None):
        options["get_trainer_func"] = lambda: trainer(options["epochs"], minutes)
    moments = [now()]
    model = SASRecModel(**options)
    model.fit(Dataset.construct(train))
    moments.append(now())
    known = np.intersect1d(test[Columns.User].unique(), asked[Columns.User].unique())
    lists = model.recommend(known, Dataset.construct(asked), k=K, filter_viewed=True, on_unsupported_targets="ignore")
    moments.append(now())
    names = {Columns.User: "visitor_id", Columns.Rank: "rank", Columns.Item: "item_id"}
    lists[list(names)].rename(columns=names).to_csv(out, index=False)
    fit, recommend = np.diff(moments, axis=0).tolist()
    passes = model.fit_trainer.global_step / model.fit_trainer.num_training_batches
    print(json.dumps({"fit": fit, "recommend": recommend, "passes": round(passes, 1)}))


def read(path):
    table = pd.read_csv(path, dtype={"visitor_id": str, "item_id": str})
    table.columns = [Columns.User, Columns.Item, *table.columns[2:]]
    if "timestamp" in table:
        table[Columns.Datetime] = pd.to_datetime(table.pop("timestamp"), unit="s")
        table[Columns.Weight] = 1
    return table


def now():
    """By the clock, and of the processor."""
    return time.perf_counter(), time.process_time()


def trainer(epochs, minutes):
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "enable_checkpointing": False}
    calls = [Budget(minutes)]
    return Trainer(
        max_epochs=epochs, min_epochs=0, callbacks=calls, devices=1, accelerator="cpu", logger=False, **quiet
    )


class Budget(Callback):
    """Ends the training with the first batch that ends after so many minutes of processor time."""

    def __init__(self, minutes):
        self.until = time.process_time() + 60 * minutes

    def on_train_batch_end(self, trainer, *_):
        trainer.should_stop = trainer.should_stop or time.process_time() > self.until


if __name__ == "__main__":
    main()
