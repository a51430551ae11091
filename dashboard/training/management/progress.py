"""The progress of a run on a terminal: a moving bar for people, one line a step elsewhere."""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from dashboard.training.stages import label_of


class Display:
    """A context that shows what `show` is told, on a text stream (standard error, so that output stays clean)."""

    def __init__(self, stream: Any, title: str) -> None:
        self._stream = stream
        self._title = title
        self._last_label = ""
        self._bar: Progress | None = None
        if stream.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=Console(file=stream, stderr=True))
            self._task = self._bar.add_task(title, total=1.0)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, stage: str, progress: float) -> None:
        label = str(label_of(stage)) if stage else "waiting for a worker"
        if self._bar is not None:
            self._bar.update(self._task, completed=progress, description=f"{self._title}: {label}")
        elif label != self._last_label:
            self._stream.write(f"{self._title}: {label} ({progress:.0%})")
        self._last_label = label
