"""`python -m dashboard.catalog.feeds.reader MEMORY_MIB CPU_SECONDS FORM FILE`: the rows of a feed, by `core.rows.wire`.

For `core.rows.apart`, which starts it: it knows neither Django nor any secret.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dashboard.core.rows.apart import MEMORY_EXIT, impose


def main() -> None:
    memory_mib, cpu_seconds, form, path = sys.argv[1:]
    impose(int(memory_mib), int(cpu_seconds))
    try:
        _write(Path(path), form)
    except MemoryError:
        os._exit(MEMORY_EXIT)
    except BrokenPipeError:  # whoever stores the rows needs no more of them
        os._exit(0)


def _write(path: Path, form: str) -> None:
    from dashboard.catalog.feeds import feed_rows
    from dashboard.core.rows.wire import frames

    def rows() -> Iterator[Any]:  # what is wrong with the whole file is a frame too
        yield from feed_rows(path, form)

    for frame in frames(rows()):
        sys.stdout.buffer.write(frame)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
