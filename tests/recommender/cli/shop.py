"""A made-up shop as files, and the command line as a subprocess, as a shell would start it."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
VISITORS, THEMES, ITEMS_OF_A_THEME = 70, ("Garden", "Kitchen", "Christmas 🎄"), 8
QUICK = {"encoder": {"epochs": 2, "hidden": 16, "dimensions": 16}, "user_knn": {"dimensions": 12}}


def item(theme, number):
    """Ids that a careless CSV writer would break."""
    return f'{theme}, no. {number} "large"'


def behaviour(seed=0):
    """Walks through the items of one theme each, a step a day; some buy."""
    rng = np.random.default_rng(seed)
    for visitor in range(VISITORS):
        theme, place, second = visitor % 3, int(rng.integers(ITEMS_OF_A_THEME)), 1.9e9 + 977 * visitor
        for step in range(int(rng.integers(3, 8))):
            kind = "purchase" if rng.random() < 0.3 else "view_item"
            yield f"visitor-{visitor}", item(theme, place), kind, f"{second + 86400 * step:.0f}"
            place = (place + int(rng.choice([1, 1, 2]))) % ITEMS_OF_A_THEME


def write_csv(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def write_shop(folder):
    """interactions.csv, items.csv and quick.json in `folder`."""
    write_csv(folder / "interactions.csv", ("visitor_id", "item_id", "event_type", "timestamp"), behaviour())
    catalog = [
        (item(theme, number), f"{name} thing {number}", name)
        for theme, name in enumerate(THEMES)
        for number in range(ITEMS_OF_A_THEME)
    ]
    write_csv(folder / "items.csv", ("item_id", "title", "categories"), catalog)
    (folder / "quick.json").write_text(json.dumps(QUICK))
    return folder


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def command(*words):
    return [sys.executable, "-m", "recommender", *map(str, words)]


def options(**values):
    """interactions=F becomes --interactions F."""
    return [part for name, value in values.items() for part in (f"--{name}", value)]


def environment():
    """One thread: two that wait for each other cost more than they bring on data this small."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def run(*words, cwd):
    """The finished process of `python -m recommender …`."""
    return subprocess.run(command(*words), cwd=cwd, env=environment(), capture_output=True, text=True, timeout=120)
