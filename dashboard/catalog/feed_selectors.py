"""Reads of feeds: imports, their bad rows, and scheduled sources."""

from collections.abc import Iterator

from django.db.models import Max, QuerySet
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.catalog.models import FeedImport, FeedProblem, FeedSource
from dashboard.core import errors
from dashboard.core.csv_lines import csv_lines
from dashboard.core.imports import REFUSED_COLUMNS

PROBLEMS_AT_A_TIME = 2000


def feed_import(shop_id: int, import_id: int) -> FeedImport:
    """One import. Raises `NotFound`, also for another shop's."""
    found = FeedImport.objects.filter(shop_id=shop_id, pk=import_id).select_related("source", "requested_by").first()
    if found is None:
        raise errors.NotFound(_("There is no such import in this shop."))
    return found


def feed_imports(shop_id: int, limit: int) -> list[FeedImport]:
    """The last imports, newest first."""
    return list(FeedImport.objects.filter(shop_id=shop_id).order_by("-created_at", "-pk")[:limit])


def feed_source(shop_id: int, source_id: int) -> FeedSource:
    """One scheduled feed. Raises `NotFound`, also for another shop's."""
    found = FeedSource.objects.filter(shop_id=shop_id, pk=source_id).select_related("shop").first()
    if found is None:
        raise errors.NotFound(_("There is no such feed in this shop."))
    return found


def feed_sources(shop_id: int) -> list[tuple[FeedSource, FeedImport | None]]:
    """The scheduled feeds in the order they were added, each with its last import."""
    sources = list(FeedSource.objects.filter(shop_id=shop_id).annotate(last_import=Max("imports__pk")).order_by("pk"))
    imports = FeedImport.objects.filter(shop_id=shop_id).in_bulk(
        [source.last_import for source in sources if source.last_import]
    )
    return [(source, imports.get(source.last_import)) for source in sources]


def failing_sources(shop: Shop, times: int) -> list[tuple[FeedSource, str]]:
    """Scheduled feeds that are not paused and could not be read the last so many times, with the last reason."""
    found = []
    for source in FeedSource.objects.filter(shop=shop, is_paused=False).order_by("pk"):
        latest = list(FeedImport.objects.filter(source=source).order_by("-pk")[:times])
        if len(latest) == times and all(one.state == FeedImport.State.FAILED for one in latest):
            found.append((source, latest[0].reason))
    return found


def problems(feed_import: FeedImport) -> QuerySet[FeedProblem]:
    """The bad rows of an import, by line; at most the first 100,000 are kept."""
    return FeedProblem.objects.filter(feed_import=feed_import).order_by("line", "pk")


def problem_lines(feed_import: FeedImport) -> Iterator[str]:
    """All of them as CSV, read while it is sent, in the language of who asks now."""
    return csv_lines(REFUSED_COLUMNS, _problem_rows(feed_import, get_language()))


def _problem_rows(feed_import: FeedImport, language: str | None) -> Iterator[tuple[int, *tuple[str, ...]]]:
    line, pk = -1, 0
    while True:
        rest = problems(feed_import).filter(line__gte=line).exclude(line=line, pk__lte=pk)
        page = list(rest[:PROBLEMS_AT_A_TIME])
        with override(language):
            rows = [
                (problem.line, problem.item_id, problem.field, problem.value, problem.code, problem.said)
                for problem in page
            ]
        yield from rows
        if len(page) < PROBLEMS_AT_A_TIME:
            return
        line, pk = page[-1].line, page[-1].pk
