"""What an import says of itself, in words: every row accounted for, and what was taken otherwise than meant."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from dashboard.core import formats
from dashboard.core.remarks import ColumnRemark, Remarks

NAMES_SHOWN = 5
_FATES = {
    "new": gettext_noop("%(count)s new"),
    "changed": gettext_noop("%(count)s changed"),
    "unchanged": gettext_noop("%(count)s unchanged"),
    "accepted": gettext_noop("%(count)s accepted"),
    "refused": gettext_noop("%(count)s refused"),
}


def rows_sentence(rows: int, fates: Mapping[str, int]) -> str:
    """“9 rows: 7 new, 1 duplicate, 1 refused.” `fates` add up to `rows`; those of no row are left out."""
    whole = ngettext("%(count)s row", "%(count)s rows", rows) % {"count": formats.number(rows)}
    parts = [_fate(name, count) for name, count in fates.items() if count]
    return _("%(rows)s: %(parts)s.") % {"rows": whole, "parts": _(", ").join(parts)} if parts else f"{whole}."


def remark_sentences(remarks: Remarks) -> list[str]:
    """All there is to say of a file, what to ask about first."""
    dropped = [column for column in remarks.columns if not column.is_kept]
    said = doubt_sentences(remarks)
    if dropped:
        said.append(_("Not read, and what they hold is not kept: %(names)s.") % {"names": _named(dropped)})
    if remarks.kept or remarks.more_columns:
        kept = _named(remarks.kept, remarks.more_columns)
        said.append(_("Kept as attributes of the items: %(names)s.") % {"names": kept})
    return said


def doubt_sentences(remarks: Remarks) -> list[str]:
    """Columns that may be a field, and items without a title."""
    said = [_meant_sentence(column) for column in remarks.columns if column.meant]
    return [*said, _untitled_sentence(remarks)] if remarks.untitled else said


def _untitled_sentence(remarks: Remarks) -> str:
    some = _listed(remarks.untitled_sample, remarks.untitled)
    return ngettext(
        "%(count)s item has no title: %(some)s.", "%(count)s items have no title: %(some)s.", remarks.untitled
    ) % {"count": formats.number(remarks.untitled), "some": some}


def _fate(name: str, count: int) -> str:
    if name == "additions":
        words = ngettext("%(count)s adds to another row", "%(count)s add to another row", count)
    elif name == "duplicates":
        words = ngettext("%(count)s duplicate", "%(count)s duplicates", count)
    else:
        words = _(_FATES[name])
    return words % {"count": formats.number(count)}


def _meant_sentence(column: ColumnRemark) -> str:
    values = {"name": column.name, "meant": column.meant, "rows": formats.number(column.rows)}
    return (
        ngettext(
            "“%(name)s” is no column that is read; did you mean %(meant)s? Its value in %(rows)s row is kept as an "
            "attribute.",
            "“%(name)s” is no column that is read; did you mean %(meant)s? Its values in %(rows)s rows are kept as an "
            "attribute.",
            column.rows,
        )
        % values
    )


def _named(columns: Sequence[ColumnRemark], more: int = 0) -> str:
    names = [
        _("“%(name)s”") % {"name": column.name} if column.name else _("a column without a name") for column in columns
    ]
    return _listed(names, len(columns) + more)


def _listed(names: Sequence[str], count: int) -> str:
    shown = _(", ").join(names[:NAMES_SHOWN])
    if count <= NAMES_SHOWN:
        return shown
    return _("%(names)s and %(more)s more") % {"names": shown, "more": formats.number(count - NAMES_SHOWN)}
