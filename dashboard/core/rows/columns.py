"""Whether the columns of a table are those that its rows need: said once of the file, not once a row."""

from collections.abc import Collection, Sequence
from pathlib import Path

from dashboard.core import errors
from dashboard.core.rows.tables import csv_header
from recommender.data.names import LONGEST_NAME, meant_by

SHOWN = 10  # columns that a message names
LIKE_ENOUGH = 0.7  # of a file that is refused


def columns_of(path: Path, form: str) -> list[str] | None:
    """The columns of a table; None of a file whose rows name their own. Raises `Invalid`."""
    if form == "parquet":
        from dashboard.core.rows.parquet import parquet_columns

        return parquet_columns(path)
    return None if form == "jsonl" else csv_header(path, "\t" if form.endswith("tsv") else ",")


def check_columns(
    path: Path, columns: Sequence[str], *, required: Collection[str], known: Collection[str], more: bool
) -> None:
    """Raise `Invalid` where a required column is missing, or, unless there may be `more`, where one is not known.

    Names the missing, the unknown and the known ones, and those that may be meant by each other.
    """
    missing = [name for name in required if name not in columns]
    unknown = [] if more else [name for name in columns if name and name not in known]
    if not missing and not unknown:
        return
    said = [f"{_listed(missing)} missing"] if missing else []
    said += [f"{_listed(unknown)} not known here"] if unknown else []
    strange = [name for name in columns if name and name not in known]
    message = f"{path.name}: {'; '.join(said)}. Known columns: {', '.join(sorted(known))}."
    raise errors.Invalid(" ".join([message, *_meant(strange, missing or sorted(known))]))


def _meant(strange: Sequence[str], names: Sequence[str]) -> list[str]:
    """Sentences such as “Visitor ID” may be visitor_id."""
    found = {column: meant_by(column, names, like_enough=LIKE_ENOUGH) for column in strange[:SHOWN]}
    return [f"“{column[:LONGEST_NAME]}” may be {name}." for column, name in found.items() if name]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(name[:LONGEST_NAME] for name in names[:SHOWN])}{more} {verb}"
