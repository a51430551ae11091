"""What the pages of feeds show: where items come from, and what became of each file."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator

from dashboard.accounts.models import Shop
from dashboard.catalog import feed_selectors
from dashboard.catalog.feeds import FORMATS
from dashboard.catalog.models import FeedImport, FeedProblem, FeedSource
from dashboard.catalog.services.sources import PERIODS_HOURS
from dashboard.core.fetching import shown_address
from dashboard.core.remark_words import doubt_sentences, remark_sentences, rows_sentence

IMPORTS_SHOWN = 30
PROBLEMS_A_PAGE = 50
TONES = {"done": "positive", "failed": "negative", "running": "accent", "same": "", "waiting": ""}


@dataclass(frozen=True)
class SourceRow:
    """A scheduled feed and how it went the last time. `address` has no secrets."""

    source: FeedSource
    address: str
    last: FeedImport | None

    @property
    def said(self) -> str:
        """What became of the rows the last time, and what to ask about; empty where nothing was read."""
        if self.last is None or self.last.state != FeedImport.State.DONE:
            return ""
        return " ".join([rows_sentence(self.last.rows, self.last.fates), *doubt_sentences(self.last.told)])


@dataclass(frozen=True)
class FeedsPage:
    """Scheduled feeds and the last imports."""

    sources: list[SourceRow]
    imports: list[FeedImport]
    periods: tuple[int, ...] = PERIODS_HOURS
    formats: tuple[str, ...] = FORMATS

    @property
    def failing(self) -> int:
        """How many scheduled feeds failed the last time."""
        return sum(bool(row.last and row.last.state == FeedImport.State.FAILED) for row in self.sources)


@dataclass(frozen=True)
class ImportPage:
    """One import with a page of its bad rows."""

    feed_import: FeedImport
    problems: Page[FeedProblem]
    can_apply: bool

    @property
    def rows_sentence(self) -> str:
        """What became of every row."""
        return rows_sentence(self.feed_import.rows, self.feed_import.fates)

    @property
    def remarks(self) -> list[str]:
        """What was taken otherwise than it may be meant, in words."""
        return remark_sentences(self.feed_import.told)


def feeds_page(shop: Shop) -> FeedsPage:
    sources = [
        SourceRow(source, shown_address(source.url), last) for source, last in feed_selectors.feed_sources(shop.pk)
    ]
    return FeedsPage(sources, feed_selectors.feed_imports(shop.pk, IMPORTS_SHOWN))


def import_page(shop: Shop, feed_import: FeedImport, *, page: str) -> ImportPage:
    problems = Paginator(feed_selectors.problems(feed_import), PROBLEMS_A_PAGE).get_page(page)
    is_previewed = feed_import.dry_run and feed_import.state == FeedImport.State.DONE
    is_open = is_previewed or feed_import.is_to_confirm
    return ImportPage(feed_import, problems, is_open and feed_import.parts.exists())
