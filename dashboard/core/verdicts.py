"""What became of each thing of a batch: the answer of every ingest, over HTTP and from files."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MAX_SHOWN = 200  # characters of what was sent that a message repeats


class Rejection(Exception):
    """Why one thing of a batch is refused. `code` is stable; the message names the field.

    `words` say it with places for `values`, such as "%(field)s is missing."; translations know them (core/i18n).
    `thing` is the id of what is refused, where whoever read it could tell.
    """

    def __init__(self, code: str, words: str, *, thing: str = "", **values: object) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.values = {name: str(value)[:MAX_SHOWN] for name, value in values.items()}
        self.thing = thing

    @property
    def message(self) -> str:
        """In English, as the API says it."""
        return self.words % self.values

    def within(self, place: str) -> "Rejection":
        """The same of a part: its field is one of `place`."""
        values = {**self.values, "field": f"{place}.{self.values['field']}"} if "field" in self.values else self.values
        return Rejection(self.code, self.words, thing=self.thing, **values)


@dataclass
class Verdicts:
    """Counts of a batch; `accepted + duplicates + len(rejected)` is its size.

    `rejected` holds `{"index", "code", "message"}` in the order of the batch, index from 0. `changes` counts what the
    accepted ones change (`new`, `changed`, `unchanged`), where that is known; `reasons` has the rejections by index.
    Both are no part of the API's answer.
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)
    reasons: dict[int, Rejection] = field(default_factory=dict)

    def reject(self, index: int, reason: Rejection) -> None:
        self.reasons[index] = reason
        self.rejected.append({"index": index, "code": reason.code, "message": reason.message})

    def sort(self) -> None:
        """Put rejections into the order of the batch, whatever step found them."""
        self.rejected.sort(key=lambda rejection: rejection["index"])

    def as_dict(self) -> dict[str, Any]:
        return {"accepted": self.accepted, "duplicates": self.duplicates, "rejected": self.rejected}

    @classmethod
    def total(cls, parts: Iterable["Verdicts"]) -> "Verdicts":
        """The counts of several batches together, without their rejections' places."""
        whole = cls()
        for part in parts:
            whole.accepted += part.accepted
            whole.duplicates += part.duplicates
            whole.rejected += part.rejected
        return whole
