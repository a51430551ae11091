"""Progress of a training in named stages, told to a sink at least once a second."""

import json
import sys
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

STAGES = {"read": 0.04, "encode": 0.66, "rank": 0.10, "segments": 0.10, "evaluate": 0.06, "write": 0.04}
HEARTBEAT_SECONDS = 0.9
Line = Mapping[str, Any]
Sink = Callable[[Line], None]


def json_sink(line: Line) -> None:
    """One JSON object a line on standard output, flushed."""
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def no_sink(line: Line) -> None:
    """Nobody listens."""


class Progress:
    """A context: while it is open a thread repeats the last line, so that a listener knows that the training lives."""

    def __init__(self, sink: Sink = no_sink) -> None:
        self._sink, self._lock, self._closed = sink, threading.Lock(), threading.Event()
        self._line: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self.enter("read")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._thread.join()

    def enter(self, stage: str, message: str = "") -> None:
        """Begin a stage."""
        index = list(STAGES).index(stage)
        self._tell({"stage": stage, "stage_index": index, "stages": len(STAGES)}, 0.0, message)

    def report(self, share: float, message: str = "") -> None:
        """How much of the stage is done, 0..1."""
        self._tell(self._line, share, message)

    def metrics(self, values: Mapping[str, float]) -> None:
        """Figures worth showing beside the progress."""
        with self._lock:
            self._line = {**self._line, "metrics": dict(values)}
            self._sink(self._line)

    def part(self, start: float, end: float) -> Callable[[float, str], None]:
        """A Report whose 0..1 is only a part of the stage."""
        return lambda share, message: self.report(start + (end - start) * share, message)

    def _tell(self, line: Line, share: float, message: str) -> None:
        share = min(max(share, 0.0), 1.0)
        weights = list(STAGES.values())
        whole = sum(weights[: line["stage_index"]]) + weights[line["stage_index"]] * share
        with self._lock:
            self._line = {**line, "stage_progress": round(share, 4), "progress": round(min(whole, 1.0), 4)}
            self._line["message"] = message
            self._sink(self._line)

    def _beat(self) -> None:
        while not self._closed.wait(HEARTBEAT_SECONDS):
            with self._lock:
                self._sink(self._line)
