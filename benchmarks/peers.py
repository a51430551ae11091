"""Forage beside its peers: `python -m benchmarks.peers --data DIR [--rectools-python PATH] [--only "A; B"]`.

DIR holds `train`, `history` and `test` (.csv.gz: visitor_id,item_id[,timestamp]; `history` is each visitor's
second-last interaction, `test` the last) and `items` (with categories). Everybody learns from `train` alone, is asked
with `train` and `history`, ranks all items, leaves out those that the visitor had, and is scored by
benchmarks/scoring.py.

Peers are `implicit` (ALS, item kNN) and, where `--rectools-python` names the Python of an environment that has
`rectools[torch]` (it needs older libraries than Forage), its SASRec: with defaults and with what suits the data, for as
long as the preset `balanced` took (the batch under way is finished). Each competitor is a process of its own. Of peers
only `fit` and `recommend` are timed, of Forage the whole commands, with everything that they import, read, write, judge
and segment. Seconds of the processor count where the machine is shared; those by the clock stand beside them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.scoring import score

ROOT = Path(__file__).resolve().parents[1]
K = 20
PRESETS = ("fast", "balanced")
IMPLICIT = {
    "implicit ALS, defaults": ("als", {}),
    "implicit ALS, tuned": ("als", {"factors": 512, "regularization": 10.0, "alpha": 10.0, "iterations": 15}),
    "implicit item kNN cosine, defaults": ("cosine", {}),
    "implicit item kNN cosine, tuned": ("cosine", {"K": 100}),
    "implicit item kNN TF-IDF, tuned": ("tfidf", {"K": 100}),
    "implicit item kNN BM25, defaults": ("bm25", {}),
    "implicit item kNN BM25, tuned": ("bm25", {"K": 100, "B": 0.15}),
}
SUITABLE = {"n_factors": 64, "n_blocks": 2, "n_heads": 1, "session_max_len": 50, "epochs": 1000}
SASREC = {
    "rectools SASRec, defaults": {"epochs": 3},
    "rectools SASRec, 64 factors, softmax": SUITABLE,
    "rectools SASRec, 64 factors, BCE": SUITABLE | {"loss": "BCE", "n_negatives": 1},
}
CALM = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}  # threads that wait sleep, as Forage has it for its own
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # implicit asks for it: it has threads of its own


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--rectools-python", metavar="PATH", help="of an environment with rectools[torch]")
    parser.add_argument("--minutes", type=float, help="of the processor for SASRec (what balanced took)")
    parser.add_argument("--only", default="", help="some of them, split by “;” (all)")
    options = parser.parse_args()
    wanted = [name.strip() for name in options.only.split(";") if name.strip()]
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}", flush=True)
    results, minutes = {}, options.minutes
    for name, steps in competitors(options.data, options.rectools_python):
        if wanted and name not in wanted:
            continue
        results[name] = measured(steps, options.data, minutes)
        print(json.dumps({"name": name, **results[name]}), flush=True)
        if name == "Forage balanced" and minutes is None:
            minutes = results[name]["fit"][1] / 60
    print(table(results))


def competitors(data, rectools_python):
    """Names, and functions from (scratch folder, minutes) to the commands of a competitor; Forage first."""
    for preset in PRESETS:
        yield f"Forage {preset}", forage(data, preset, ["--items", data / "items.csv.gz"])
        yield f"Forage {preset}, without the catalog", forage(data, preset, [])
    for name, (model, settings) in IMPLICIT.items():
        yield (
            name,
            peer(["env", *pairs(ONE_THREAD), sys.executable, "-m", "benchmarks.peer_implicit", model], settings, data),
        )
    if rectools_python:
        for name, settings in SASREC.items():
            yield name, peer([rectools_python, ROOT / "benchmarks" / "peer_rectools.py"], settings, data, timed=True)


def pairs(variables):
    return [f"{name}={value}" for name, value in variables.items()]


def forage(data, preset, items):
    def steps(scratch, minutes):
        python = [sys.executable, "-m", "recommender"]
        learn = ["--interactions", data / "train.csv.gz", *items, "--preset", preset, "--progress", "none"]
        ask = ["--history", data / "history.csv.gz", "-k", K, "--exclude-seen", "--progress", "none"]
        return [
            [*python, "train", *learn, "--out", scratch / "model"],
            [*python, "recommend", "--model", scratch / "model", *ask, "--out", scratch / "lists.csv"],
        ]

    return steps


def peer(command, settings, data, *, timed=False):
    def steps(scratch, minutes):
        if timed and not minutes:
            raise SystemExit("--minutes: how long may SASRec learn, where balanced is not measured?")
        allowed = {"minutes": minutes} if timed else {}
        return [[*command, json.dumps(settings | allowed), data, scratch / "lists.csv"]]

    return steps


def measured(steps, data, minutes):
    """Quality, [seconds by the clock, of the processor] of fitting and of recommending, and the most memory."""
    with tempfile.TemporaryDirectory() as folder:
        ran = [run(command) for command in steps(Path(folder), minutes)]
        found = score(Path(folder, "lists.csv"), data / "test.csv.gz", [data / "train.csv.gz", data / "history.csv.gz"])
    told = json.loads(ran[0]["said"]) if len(ran) == 1 else {"fit": ran[0]["spent"], "recommend": ran[1]["spent"]}
    return {**found, **told, "most_memory_mib": max(step["memory"] for step in ran)}


def run(command):
    """What a process said last, the seconds that it took and the memory."""
    started = time.perf_counter()
    child = subprocess.Popen(["env", *pairs(CALM), *map(str, command)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command[:4]} ended with exit code {child.returncode}")
    spent = [time.perf_counter() - started, used.ru_utime + used.ru_stime]
    return {
        "said": said.strip().splitlines()[-1:][0] if said.strip() else "",
        "spent": spent,
        "memory": used.ru_maxrss // 1024,
    }


def table(results):
    """Markdown, best NDCG first."""
    lines = [
        "| | NDCG@10 | HR@10 | fit: CPU s (clock) | recommend: CPU s (clock) | most memory, MiB |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in sorted(results.items(), key=lambda pair: -pair[1]["ndcg@10"]):
        passes = f" ({found['passes']} passes)" if "passes" in found else ""
        seconds = [f"{cpu:.1f} ({clock:.0f})" for clock, cpu in (found["fit"], found["recommend"])]
        cells = [
            name + passes,
            f"{found['ndcg@10']:.4f}",
            f"{found['hr@10']:.4f}",
            *seconds,
            f"{found['most_memory_mib']:,}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
