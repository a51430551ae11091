"""Results as a spreadsheet reads them."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from dashboard.core.csv_lines import csv_lines, safe_cell
from dashboard.experiments.estimates import Estimate, GuardEstimate
from dashboard.experiments.models import DailyMoment
from dashboard.experiments.selectors.parts import Part
from dashboard.experiments.selectors.results import Results, Versus
from recommender.statistics import SUMS

_COLUMNS = [
    *("metric", "role", "variant", "value_a", "value", "change", "low", "high", "conclusion"),
    *("visitors_a", "visitors", "part", "change_shrunk", "label"),
]
DAY_COLUMNS = ["day", "variant", "metric", *SUMS]


def csv_of(results: Results, changes: Iterable[tuple[str, datetime, Iterable[str]]] = ()) -> str:
    """One row a metric, guardrail and part of the visitors, of each variant against A: shares and changes are fractions
    of one, the interval is the always-valid one; below them a row for each change of the shop that was everyone's in
    it: which, when, and what."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["experiment", safe_cell(results.experiment.name)])
    writer.writerow(["verdict", results.verdict.state, safe_cell(results.verdict.sentence)])
    writer.writerow(_COLUMNS)
    for versus in results.versus:
        writer.writerows(_of_variant(versus))
    for part in results.parts:
        writer.writerow(_part_row(part))
    for kind, moment, told in changes:
        writer.writerow([kind, moment.isoformat(timespec="seconds"), *map(safe_cell, told)])
    return out.getvalue()


def days_of(rows: Iterable[DailyMoment]) -> Iterator[str]:
    """The sums that everything is worked out from, a row for each day, variant and metric: who has them can check."""
    return csv_lines(
        DAY_COLUMNS,
        ([row.day.isoformat(), row.variant, row.metric, *(getattr(row, name) for name in SUMS)] for row in rows),
    )


def _of_variant(versus: Versus) -> Iterator[list[object]]:
    for entry in versus.estimates:
        role = "decides" if entry is versus.primary else "explains"
        yield [*_row(entry, role, versus.variant, entry.conclusion), "", "", _label(entry)]
    for guard in versus.guards:
        yield [*_row(guard, "guards", versus.variant, guard.state), "", "", _label(guard)]


def _part_row(part: Part) -> list[object]:
    row = _row(part.estimate, f"part:{part.kind}", part.variant, part.estimate.conclusion)
    return [*row, safe_cell(part.name or part.kind), _plain(part.shrunk), _label(part.estimate)]


def _label(entry: Estimate) -> str:
    """As the page calls it: the key of a shop's own metric says nothing to a reader."""
    return safe_cell(str(entry.metric.label))


def _row(entry: Estimate | GuardEstimate, role: str, variant: str, conclusion: str) -> list[object]:
    low, high = entry.interval or ("", "")
    values = [_plain(entry.control_value), _plain(entry.treatment_value)]
    counts = [entry.control.n, entry.treatment.n]
    return [entry.metric.key, role, variant, *values, _plain(entry.lift), low, high, conclusion, *counts]


def _plain(value: float | None) -> float | str:
    return "" if value is None else value
