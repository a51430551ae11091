"""Work on batches side by side: numpy and torch release the interpreter's lock in what takes long."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

WORKERS = min(2, os.cpu_count() or 1)  # more gain little: what holds the lock is a third of the work
CELLS = 8_000_000  # of a matrix of visitors × items at once: 32 MB a model, and as much for each step of its making


def rows_at_once(items: int, most: int = 256) -> int:
    """How many visitors to score in one batch: fewer where the catalog is large."""
    return max(min(most, CELLS // max(items, 1)), 1)


def side_by_side(work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
    """`work` of each task, in order. Few are begun ahead of what is read, so that few results are held in memory."""
    tasks = iter(tasks)
    with ThreadPoolExecutor(WORKERS) as pool:
        begun: list[Future[Result]] = [pool.submit(work, task) for task in islice(tasks, WORKERS + 1)]
        while begun:
            done = begun.pop(0).result()
            begun += [pool.submit(work, task) for task in islice(tasks, 1)]
            yield done
