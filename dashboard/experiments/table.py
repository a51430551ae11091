"""Results as a spreadsheet reads them."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from dashboard.core.csv_lines import safe_cell
from dashboard.experiments.estimates import Estimate, GuardEstimate
from dashboard.experiments.selectors.results import Results

_COLUMNS = ["metric", "role", "value_a", "value_b", "change", "low", "high", "conclusion", "visitors_a", "visitors_b"]


def csv_of(results: Results, rule_changes: Iterable[tuple[datetime, Iterable[str]]] = ()) -> str:
    """One row a metric and guardrail: shares and changes are fractions of one, the interval is the always-valid one;
    below them a row for each change of the rules of everyone in it: when, and what."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["experiment", safe_cell(results.experiment.name)])
    writer.writerow(["verdict", results.verdict.state, safe_cell(results.verdict.sentence)])
    writer.writerow(_COLUMNS)
    for entry in results.estimates:
        role = "decides" if entry is results.primary else "explains"
        writer.writerow(_row(entry, role, entry.conclusion))
    for guard in results.guards:
        writer.writerow(_row(guard, "guards", guard.state))
    for moment, changes in rule_changes:
        writer.writerow(["rules_changed", moment.isoformat(timespec="seconds"), *map(safe_cell, changes)])
    return out.getvalue()


def _row(entry: Estimate | GuardEstimate, role: str, conclusion: str) -> list[object]:
    low, high = entry.interval or ("", "")
    change = _plain(entry.lift)
    values = [_plain(entry.control_value), _plain(entry.treatment_value)]
    return [entry.metric.key, role, *values, change, low, high, conclusion, entry.control.n, entry.treatment.n]


def _plain(value: float | None) -> float | str:
    return "" if value is None else value
