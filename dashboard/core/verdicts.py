"""What became of each thing of a batch: the answer of every ingest, over HTTP and from files."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.core.ids import EXTERNAL_ID_MAX_LENGTH

MAX_SHOWN = 200  # characters of what was sent that a message repeats
UNTITLED_SHOWN = 20
MAX_VALUE_SHOWN = 100  # of a value that was refused
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")  # of a place such as items[0].price


class Rejection(Exception):
    """Why one thing of a batch is refused. `code` is stable; the message names the field.

    `words` say it with places for `values`, such as "%(field)s is missing."; translations know them (core/i18n).
    `thing` is the id of what is refused and `value` what stands in its field, where whoever read it could tell.
    """

    def __init__(self, code: str, words: str, *, thing: str = "", **values: object) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.values = {name: str(value)[:MAX_SHOWN] for name, value in values.items()}
        self.thing = thing
        self.value = ""

    @property
    def field(self) -> str:
        """Which of its fields is wrong; empty where it is the whole."""
        return self.values.get("field", "")

    def about(self, row: Mapping[str, Any], key: str) -> "Rejection":
        """The same, saying of which thing and what was sent: `row` as it came, its id under `key`."""
        self.thing = self.thing or _identity(row.get(key))
        self.value = self.value or shown_value(_found(row, self.field))
        return self

    @property
    def message(self) -> str:
        """In English, as the API says it."""
        return self.words % self.values

    def within(self, place: str) -> "Rejection":
        """The same of a part: its field is one of `place`."""
        values = {**self.values, "field": f"{place}.{self.values['field']}"} if "field" in self.values else self.values
        return Rejection(self.code, self.words, thing=self.thing, **values)

    @property
    def place(self) -> dict[str, str]:
        """Which thing, field and value, of those that `about` could tell."""
        if not self.thing and not self.value:
            return {}
        thing = self.thing[:EXTERNAL_ID_MAX_LENGTH].encode("utf-8", "replace").decode()
        return {name: text for name, text in (("item_id", thing), ("field", self.field), ("value", self.value)) if text}


def _identity(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _found(row: Any, place: str) -> Any:
    """What stands at a place such as `categories[3]`; None where there is nothing."""
    if isinstance(row, Mapping) and place in row:
        return row[place]
    for number, name in _STEP.findall(place):
        if isinstance(row, list) and number:
            row = row[int(number)] if int(number) < len(row) else None
        else:
            row = row.get(name or number) if isinstance(row, Mapping) else None
    return row


def shown_value(value: Any) -> str:
    """A value as a person reads it, shortened; of objects and lists nothing."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = "true" if value is True else "false" if value is False else str(value)
    text = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_VALUE_SHOWN else text[: MAX_VALUE_SHOWN - 1] + "…"


@dataclass
class Verdicts:
    """Counts of a batch; `accepted + duplicates + len(rejected)` is its size.

    `rejected` holds `{"index", "code", "message"}` in the order of the batch, index from 0, and of items also
    `item_id`, `field` and `value`, where they are known. `changes` counts what the accepted ones change (`new`,
    `changed`, `unchanged`), where that is known; `reasons` has the rejections by index. Both are no part of the API's
    answer. `untitled` are items that are in the catalog now and have no title.
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)
    reasons: dict[int, Rejection] = field(default_factory=dict)
    untitled: list[str] = field(default_factory=list)

    def reject(self, index: int, reason: Rejection) -> None:
        self.reasons[index] = reason
        self.rejected.append({"index": index, "code": reason.code, "message": reason.message, **reason.place})

    def sort(self) -> None:
        """Put rejections into the order of the batch, whatever step found them."""
        self.rejected.sort(key=lambda rejection: rejection["index"])

    def as_dict(self) -> dict[str, Any]:
        """The API's answer; `without_title` only where there is something to say."""
        said: dict[str, Any] = {"accepted": self.accepted, "duplicates": self.duplicates, "rejected": self.rejected}
        if self.untitled:
            said["without_title"] = {"count": len(self.untitled), "item_ids": self.untitled[:UNTITLED_SHOWN]}
        return said

    @classmethod
    def total(cls, parts: Iterable["Verdicts"]) -> "Verdicts":
        """The counts of several batches together, without their rejections' places."""
        whole = cls()
        for part in parts:
            whole.accepted += part.accepted
            whole.duplicates += part.duplicates
            whole.rejected += part.rejected
            whole.untitled += part.untitled
        return whole
