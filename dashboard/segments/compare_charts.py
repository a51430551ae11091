"""The chart of two segments side by side."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from dashboard.core import charts, formats
from dashboard.segments.charts import CATEGORIES_SHOWN
from dashboard.segments.profile import Profile
from dashboard.segments.profile_charts import across

_HOVER = "%{y}: %{x:.0%}"
Shares = Mapping[str, float]


def compared_figure(one: Profile, other: Profile) -> charts.Figure | None:
    """The categories that set either apart, in both colours, beside everyone's; None without categories."""
    pair = (one, other)
    usual = {label.label: label.usual for profile in pair for label in profile.categories}
    own = [{label.label: label.share.value for label in profile.categories} for profile in pair]
    first = [label.label for profile in pair for label in profile.categories[: CATEGORIES_SHOWN // 2]]
    names = list(dict.fromkeys(first))
    if not names:
        return None
    return charts.Figure(
        key="categories",
        height="sm" if len(names) <= 4 else "md",
        label=_("Dot chart: share of categories for %(one)s and %(other)s; the table has the figures.")
        % {"one": one.segment.name, "other": other.segment.name},
        caption=_("Filled: the two segments. Hollow: all visitors."),
        data=[
            charts.points(*_rows(usual, names), name=_("All visitors"), color="control", hollow=True, hover=_HOVER),
            *(_dots(profile, shares, names) for profile, shares in zip(pair, own, strict=True)),
        ],
        layout=across(),
        table=charts.Table(
            [_("Category"), one.segment.name, other.segment.name, _("All visitors")],
            [[name, *(formats.percent(shares.get(name)) for shares in (*own, usual))] for name in names],
        ),
    )


def _dots(profile: Profile, shares: Shares, names: Sequence[str]) -> charts.Trace:
    color, name = charts.segment_token(profile.segment.number), charts.plain(profile.segment.name)
    return charts.points(*_rows(shares, names), name=name, color=color, size=11, hover=_HOVER)


def _rows(shares: Shares, names: Sequence[str]) -> tuple[list[float | None], list[str]]:
    """From below, as the axis counts."""
    return [shares.get(name) for name in reversed(names)], [charts.plain(name) for name in reversed(names)]
