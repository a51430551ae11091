"""Charts of the models page."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.core.charts import Figure, Table, end_label, token
from dashboard.training.quality import Estimate, ModelVersion

MIN_VERSIONS = 2
ABOVE = {"yanchor": "bottom", "xshift": 0, "yshift": 24}


HEADROOM = 1.2  # a label stands above the highest interval, on a phone too


def quality_over_time(versions: Sequence[ModelVersion]) -> Figure | None:
    """Of 100 visitors, whose next item was among the first ten, by version; None for fewer than two versions."""
    measured = [(version, version.found) for version in reversed(versions) if version.found is not None]
    if len(measured) < MIN_VERSIONS:
        return None
    return Figure(
        key="quality",
        label=_("Line of how often each version found the next item, with 95% intervals."),
        caption=_(
            "Of 100 visitors held back from training, how many found their next item among the first ten "
            "recommendations. Bars are 95% intervals; a cross was held back."
        ),
        data=[_line(measured), _held_back(measured)],
        layout=_layout(measured),
        table=Table([_("Version"), _("Of 100"), _("95% interval")], [_row(*pair) for pair in measured]),
    )


Measured = list[tuple[ModelVersion, Estimate]]


def _line(measured: Measured) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [version.name for version, _found in measured],
        "y": [100 * found.value for _version, found in measured],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [100 * (found.high - found.value) for _version, found in measured],
            "arrayminus": [100 * (found.value - found.low) for _version, found in measured],
            "color": token("control"),
            "thickness": 1.5,
            "width": 0,
        },
        "line": {"color": token("accent"), "width": 2},
        "marker": {"size": 9, "color": token("accent")},
        "hovertemplate": "%{x}: %{y:.1f}<extra></extra>",
    }


def _held_back(measured: Measured) -> dict[str, object]:
    rejected = [(version.name, 100 * found.value) for version, found in measured if version.is_held_back]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [name for name, _value in rejected],
        "y": [value for _name, value in rejected],
        "marker": {"size": 11, "symbol": "x", "color": token("negative")},
        "hoverinfo": "skip",
    }


def _layout(measured: Measured) -> dict[str, object]:
    serving = next(((v.name, 100 * f.value) for v, f in measured if v.is_active), None)
    notes = [end_label(*serving, _("serves now")) | ABOVE | {"xanchor": _side(measured)}] if serving else []
    highest = max(found.high for _version, found in measured)
    return {
        "margin": {"l": 8, "r": 24, "t": 12, "b": 8},
        "xaxis": {"type": "category"},
        "yaxis": {
            "range": [0, 100 * highest * HEADROOM],
            "nticks": 5,
            "title": {"text": _("found in the top 10, of 100")},
        },
        "annotations": notes,
    }


def _side(measured: Measured) -> str:
    """Where the label of the serving version begins, so that it stays within the chart: beside the first version to the
    right, beside the last to the left."""
    place = next(index for index, (version, _found) in enumerate(measured) if version.is_active)
    return "left" if place == 0 else "right" if place == len(measured) - 1 else "center"


def _row(version: ModelVersion, found: Estimate) -> list[str]:
    low, high = formats.number(100 * found.low, 1), formats.number(100 * found.high, 1)
    return [version.name, formats.number(100 * found.value, 1), f"{low} – {high}"]
