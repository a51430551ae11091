"""What `bin/up` says on the terminal: live lines and bars with rich, plain lines where output goes to a file."""

import sys
import time
from typing import Protocol

from rich.console import Console as RichConsole
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

PLAIN_STEP = 0.1
NAME_WIDTH = 9


class Console(Protocol):
    """One stage at a time: begin, update…, finish."""

    def begin(self, stage: str) -> None: ...

    def update(self, text: str, fraction: float | None = None) -> None:
        """`fraction` of the stage, 0..1; None: unknown."""

    def finish(self, text: str) -> None: ...

    def say(self, text: str) -> None:
        """A line outside of any stage."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def make_console() -> Console:
    return LiveConsole() if sys.stdout.isatty() else PlainConsole()


class PlainConsole:
    """A line when a stage begins, when its text changes, every tenth of its way, and when it ends."""

    def __init__(self) -> None:
        self._stage = ""
        self._said = ("", -1)
        self._began_at = 0.0

    def begin(self, stage: str) -> None:
        self._stage, self._said, self._began_at = stage, ("", -1), time.monotonic()

    def update(self, text: str, fraction: float | None = None) -> None:
        step = -1 if fraction is None else int(fraction / PLAIN_STEP)
        if (text, step) == self._said:
            return
        self._said = (text, step)
        self._line(text if fraction is None else f"{text} {fraction:.0%}")

    def finish(self, text: str) -> None:
        self._line(f"{text} ({time.monotonic() - self._began_at:.1f} s)")

    def say(self, text: str) -> None:
        print(text, flush=True)  # noqa: T201

    def close(self) -> None:
        """Nothing to restore."""

    def _line(self, text: str) -> None:
        print(f"  {self._stage:<{NAME_WIDTH}} {text}", flush=True)  # noqa: T201


class LiveConsole:
    """A spinner and, where the way is known, a bar for the running stage; a tick for those behind."""

    def __init__(self) -> None:
        self._rich = RichConsole(highlight=False)
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._stage = ""
        self._began_at = 0.0

    def begin(self, stage: str) -> None:
        self.close()
        self._stage, self._began_at = stage, time.monotonic()
        columns = (SpinnerColumn(), TextColumn(f"{stage:<{NAME_WIDTH}}"), BarColumn(bar_width=24))
        details = (TextColumn("{task.percentage:>3.0f} %"), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, *details, console=self._rich, transient=True)
        self._task = self._progress.add_task("", total=None)
        self._progress.start()

    def update(self, text: str, fraction: float | None = None) -> None:
        if self._progress:
            total = None if fraction is None else 1.0
            self._progress.update(self._task, description=escape(text), total=total, completed=fraction or 0)

    def finish(self, text: str) -> None:
        self.close()
        elapsed = time.monotonic() - self._began_at
        self._rich.print(f"[green]✓[/] {self._stage:<{NAME_WIDTH}} {escape(text)} [dim]{elapsed:.1f} s[/]")

    def say(self, text: str) -> None:
        (self._progress.console if self._progress else self._rich).print(escape(text), soft_wrap=True)

    def close(self) -> None:
        if self._progress:
            self._progress.stop()
            self._progress = None
