"""The map of interests, a segment's page, its name and its members."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dashboard.accounts.access import Shop, shop_page
from dashboard.accounts.services import record_audit
from dashboard.core import errors
from dashboard.core.downloads import csv_file
from dashboard.segments import details, exports, map_chart, movement_charts, pages, selectors, services
from dashboard.segments.emerging import emerging_interests
from dashboard.segments.map_selectors import SegmentMap, segment_map
from dashboard.segments.movement import movement as movement_of
from dashboard.segments.profile import profiles


@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    shown = segment_map(shop)
    if shown is None or not shown.segments:
        return render(request, "segments/empty.html", {"nav": "segments", "is_hidden": shown is not None})
    segments = sorted(shown.segments, key=lambda segment: -segment.share)
    titles, told = details.first_titles(shop, segments), profiles(shop, segments)
    growing = max(segments, key=lambda segment: segment.share_change or 0.0)
    context = {
        "nav": "segments",
        "map": map_chart.map_figure(shop, shown, look := _look(request, shown)),
        "look": look,
        "colourings": map_chart.COLOURINGS,
        "points": len(shown.points),
        "visitors": shown.visitors,
        "rows": [(segment, titles[segment.number], told.get(segment.number)) for segment in segments],
        "growing": growing if (growing.share_change or 0.0) > 0 else None,
        "largest": segments[0],
        "changes": selectors.segment_changes(shop),
        "is_compared": selectors.is_compared(shop),
        "between": details.between_share(shop, shown.artifact_id),
        "emerging": emerging_interests(shop),
    }
    return render(request, "segments/index.html", context)


def _look(request: HttpRequest, shown: SegmentMap) -> map_chart.Look:
    """What the address asks for, as far as it can be had."""
    asked, number = request.GET.get("by"), request.GET.get("segment", "")
    known = {str(segment.number): segment.number for segment in shown.segments}
    by: map_chart.By = next((colouring for colouring in map_chart.COLOURINGS if colouring == asked), "interest")
    return map_chart.Look(by=by, focus=known.get(number))


@shop_page()
def detail(request: HttpRequest, shop: Shop, number: int) -> HttpResponse:
    page = pages.segment_page(shop, _segment(shop, number))
    return render(request, "segments/detail.html", {"nav": "segments", **page})


@shop_page()
def compare(request: HttpRequest, shop: Shop) -> HttpResponse:
    page = pages.compare_page(shop, (request.GET.get("a", ""), request.GET.get("b", "")))
    return render(request, "segments/compare.html", {"nav": "segments", **page})


@shop_page()
def movement(request: HttpRequest, shop: Shop) -> HttpResponse:
    shown = movement_of(shop, request.GET.get("month", ""))
    context: dict[str, Any] = {"nav": "segments", "movement": shown, "emerging": emerging_interests(shop)}
    if shown is not None:
        context |= {"flows": movement_charts.flow_figure(shown), "sizes": movement_charts.size_figure(shown)}
    return render(request, "segments/movement.html", context)


@shop_page("editor")
@require_POST
def rename(request: HttpRequest, shop: Shop, number: int) -> HttpResponse:
    before = _segment(shop, number).name
    name = services.rename_segment(shop=shop, number=number, name=request.POST.get("name", ""))
    if name != before:
        _note(request, shop, "segment.rename", number, before=before, after=name)
        messages.success(request, _("Segment %(number)d is now called “%(name)s”.") % {"number": number, "name": name})
    return redirect("segments:detail", shop_slug=shop.slug, number=number)


@shop_page("editor")
def export(request: HttpRequest, shop: Shop, number: int) -> StreamingHttpResponse:
    _segment(shop, number)
    _note(request, shop, "segment.export", number)
    return csv_file(shop.pk, exports.members_csv(shop, number), f"segment-{number}.csv")


def _note(request: HttpRequest, shop: Shop, action: str, number: int, **detail: object) -> None:
    actor = request.user
    record_audit(shop=shop, actor=actor, action=action, subject=str(number), **detail)  # type: ignore[arg-type]


def _segment(shop: Shop, number: int) -> selectors.PublishedSegment:
    segment = selectors.segment(shop, number)
    if segment is None:
        raise errors.NotFound(_("There is no segment %(number)d in the published model.") % {"number": number})
    return segment
