"""What an import took otherwise than it may have been meant: columns that it does not know, things without a name.

Bounded whatever a file holds: some are named, all are counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

COLUMNS_TOLD = 100
EXAMPLES_TOLD = 10


@dataclass
class ColumnRemark:
    """A column that is no field of ours.

    `is_kept`: its values are an attribute of the items, else they are dropped. `meant`: the field that it may be, of
    those that the file has not. `rows` have a value in it, `example` is the first.
    """

    name: str
    is_kept: bool
    meant: str = ""
    rows: int = 0
    example: str = ""


@dataclass
class Remarks:
    """`columns` in the order of the file; `more_columns` beyond these. `untitled` things have no title now that the
    file is read; `untitled_sample` are some of their ids."""

    columns: list[ColumnRemark] = field(default_factory=list)
    more_columns: int = 0
    untitled: int = 0
    untitled_sample: list[str] = field(default_factory=list)

    def without_title(self, item_ids: Iterable[str]) -> None:
        for item_id in item_ids:
            self.untitled += 1
            if len(self.untitled_sample) < EXAMPLES_TOLD:
                self.untitled_sample.append(item_id)

    @property
    def doubtful(self) -> list[ColumnRemark]:
        """Columns to ask about: they may be a field of ours."""
        return [column for column in self.columns if column.meant]

    @property
    def kept(self) -> list[ColumnRemark]:
        """Columns that are attributes, as they are probably meant."""
        return [column for column in self.columns if column.is_kept and not column.meant]

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Remarks":
        """As `dataclasses.asdict` wrote it."""
        columns = [ColumnRemark(**column) for column in stored.get("columns", ())]
        return cls(**{**stored, "columns": columns})
