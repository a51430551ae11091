"""Template parts and formats that every page uses; loaded as builtins (no `{% load %}` needed).

Formats: `number percent signed_percent signed_number points times money whole_money full_date short_date
date_and_time short_time clock_time ago duration`.
Parts: `icon term tile swatch spark share_bar stat empty skeleton figure pagination dialog`.
"""

import itertools
import re
import zlib
from collections.abc import Sequence
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import QueryDict
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from dashboard.core import formats
from dashboard.core.charts import Figure, segment_colour
from dashboard.core.glossary import TERMS
from dashboard.core.pictures import picture_address

register = template.Library()

CATEGORY_COLOURS = 8
EMPTY_ELEMENT = re.compile(r"\s*<[^>]*>\s*</\w+>\s*")
SPARK_WIDTH, SPARK_HEIGHT, SPARK_PADDING = 100, 32, 4
_term_ids = itertools.count(1)

for _format in (
    formats.number,
    formats.signed_number,
    formats.percent,
    formats.signed_percent,
    formats.points,
    formats.times,
    formats.money,
    formats.whole_money,
    formats.full_date,
    formats.month,
    formats.short_month,
    formats.short_date,
    formats.date_and_time,
    formats.short_time,
    formats.clock_time,
    formats.ago,
    formats.duration,
):
    register.filter(_format.__name__, _format)


@register.simple_tag
def icon(name: str, tone: str = "", label: str = "") -> SafeString:
    """An icon of the sprite in templates/components/icons.html; hidden from screen readers unless it has a label."""
    shown = format_html(' data-tone="{}"', tone) if tone else ""
    access = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html('<svg class="icon"{} {}><use href="#i-{}"/></svg>', shown, access, name)


@register.simple_tag
def term(key: str, label: str = "") -> SafeString:
    """A word of the glossary that explains itself when pressed. `label` says it as the sentence needs it."""
    entry = TERMS[key]
    # counted over all pages, so that a fragment swapped into a page never repeats an id of that page
    target = f"def-{key}-{next(_term_ids)}"
    return format_html(
        '<button type="button" class="term" popovertarget="{0}">{1}</button>'
        '<span popover id="{0}" class="definition" role="note">{2}</span>',
        target,
        label or entry.word,
        entry.meaning,
    )


def _of(item: Any, name: str, default: Any = "") -> Any:
    found = item.get(name, default) if isinstance(item, dict) else getattr(item, name, default)
    return default if found is None else found


@register.filter
def monogram(title: str) -> str:
    """Two letters for a title: the first letters of its first two words that begin with a letter."""
    words = [word for word in re.split(r"[\s\-/]+", title) if word[:1].isalpha()]
    return "".join(word[0] for word in words[:2]).upper() or title.strip()[:2].upper() or "?"


@register.filter
def category_colour(category: str) -> int:
    """One of the eight category colours, the same for a category on every page."""
    return zlib.crc32(category.encode()) % CATEGORY_COLOURS + 1


@register.simple_tag
def tile(item: Any, size: str = "") -> SafeString:
    """An item's picture, or one that is drawn from its title. `size`: sm or lg. Decorative.

    forage-ui.js shows the drawn one where the shop's does not load, and the monogram where that does not either.
    """
    title = str(_of(item, "title") or _of(item, "item_id"))
    categories = _of(item, "categories", [])
    colour = format_html(' data-cat="{}"', category_colour(categories[0])) if categories else ""
    scale = format_html(' data-size="{}"', size) if size else ""
    image, drawn = str(_of(item, "image_url")), picture_address(title, categories)
    pattern = '<img src="{}" data-drawn="{}" data-monogram="{}" alt="" loading="lazy" referrerpolicy="no-referrer">'
    inside = format_html(pattern, image if image.startswith("https://") else drawn, drawn, monogram(title))
    return format_html('<span class="tile"{}{} aria-hidden="true">{}</span>', colour, scale, inside)


@register.filter
def picture(item: Any) -> str:
    """The address of an item's picture, or of the one that is drawn from its title."""
    image = str(_of(item, "image_url"))
    drawn = picture_address(str(_of(item, "title") or _of(item, "item_id")), _of(item, "categories", []))
    return image if image.startswith("https://") else drawn


@register.filter
def message_tone(level: str) -> str:
    """The tone of one of Django's messages."""
    return {"success": "positive", "warning": "caution", "error": "negative"}.get(level, "info")


@register.simple_tag
def swatch(number: int) -> SafeString:
    """A segment's number on its colour."""
    return format_html('<span class="swatch" data-cat="{}">{}</span>', segment_colour(number), number)


@register.filter
def in_colour(number: int | None) -> SafeString:
    """The attribute that colours an element as a segment's number is; none for what is no segment."""
    return format_html('data-cat="{}"', segment_colour(number)) if number else SafeString("")


@register.simple_tag
def spark(values: Sequence[float], tone: str = "") -> SafeString:
    """A trend of at least two values as a line without axes. Decorative: say the trend in words too."""
    numbers = [float(value) for value in values]
    if len(numbers) < 2:
        return SafeString("")
    low, span = min(numbers), (max(numbers) - min(numbers)) or 1.0
    room, step = SPARK_HEIGHT - 2 * SPARK_PADDING, SPARK_WIDTH / (len(numbers) - 1)
    path = " L".join(
        f"{index * step:.1f} {SPARK_HEIGHT - SPARK_PADDING - (value - low) / span * room:.1f}"
        for index, value in enumerate(numbers)
    )
    return format_html(
        '<svg class="spark"{} viewBox="0 0 100 32" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="area" d="M0 32 L{} L100 32Z"/><path d="M{}"/></svg>',
        format_html(' data-tone="{}"', tone) if tone else "",
        path,
        path,
    )


@register.simple_tag
def share_bar(value: float | None, of: float = 1.0, cat: int | str = "", tone: str = "") -> SafeString:
    """A bar filled to `value / of`; the figure itself stands beside it as text."""
    share = 0.0 if not value or not of else max(0.0, min(1.0, float(value) / float(of)))
    colour = (
        format_html(' data-cat="{}"', segment_colour(int(cat)))
        if cat
        else format_html(' data-tone="{}"', tone)
        if tone
        else ""
    )
    return format_html(
        '<svg class="bar"{} aria-hidden="true"><rect width="{}%" height="100%"/></svg>', colour, f"{share * 100:.1f}"
    )


@register.simple_tag
def fact(name: str, value: Any, shown: str, *, of: str = "", days: int = 0) -> SafeString:
    """A figure that may stand on several pages: its name, of what (a placement, or the shop) and over how many days.

    `value` is unrounded. A test walks all pages and finds two that say different things of the same figure.
    """
    key = f"{name}:{of}:{days or ''}"
    return format_html('<data data-fact="{}" value="{}">{}</data>', key, "" if value is None else value, shown)


@register.inclusion_tag("components/stat.html")
def stat(
    label: str,
    value: str,
    *,
    note: str = "",
    change: str = "",
    direction: str = "",
    tone: str = "",
    trend: Sequence[float] = (),
    trend_tone: str = "",
    term: str = "",
) -> dict[str, Any]:
    """One figure of `<dl class="stats">`: label, value, then change in bold and a note. `direction`: up or down.

    `tone`: positive or negative, of the change. `term`: a key of the glossary that the label explains.
    """
    return {
        "label": label,
        "value": value,
        "note": note,
        "change": change,
        "direction": direction,
        "tone": tone,
        "trend": trend,
        "trend_tone": trend_tone,
        "term_key": term,
    }


@register.inclusion_tag("components/empty.html")
def empty(icon: str, title: str, text: str, *, href: str = "", action: str = "", level: int = 2) -> dict[str, Any]:
    """What stands where there is nothing yet: what is missing, why it matters, one button."""
    key = f"empty-{zlib.crc32(title.encode()):x}"
    return {"icon_name": icon, "title": title, "text": text, "href": href, "action": action, "level": level, "key": key}


@register.simple_tag
def skeleton(shape: str = "") -> SafeString:
    """Stands for what is loading. `shape`: title, chart, tile, or empty for a line of text."""
    return format_html('<span class="skeleton"{}></span>', format_html(' data-shape="{}"', shape) if shape else "")


@register.inclusion_tag("components/figure.html")
def figure(figure: Figure) -> dict[str, Any]:
    """A chart with its caption, its sentence for screen readers and its numbers."""
    return {"figure": figure}


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: Context, page: Page, parameter: str = "page") -> dict[str, Any]:
    """Links to the page before and after; keeps the rest of the address."""
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)

    def address(number: int) -> str:
        query[parameter] = str(number)
        return query.urlencode()

    return {"page": page, "before": address(page.number - 1), "after": address(page.number + 1)}


@register.simple_block_tag(end_name="enddialog")
def dialog(content: str, key: str, title: str) -> SafeString:
    """A modal dialog, opened by `<button commandfor="KEY" command="show-modal">`. The content is its form."""
    return format_html(
        '<dialog id="{0}" aria-labelledby="{0}-title"><div class="body"><h2 id="{0}-title">{1}</h2>{2}</div></dialog>',
        key,
        title,
        content,
    )


@register.simple_block_tag
def unless_empty(content: str) -> str:
    """An element, or nothing where nothing but white space stands in it: a sheet's `:empty` fails at white space."""
    return "" if EMPTY_ELEMENT.fullmatch(content) else content


@register.filter
def sentence_case(text: str) -> str:
    """A capital letter at the start, where the language has one."""
    return capfirst(text)
