"""Reads: who changed what, in pages, filtered, and as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.accounts.audit_words import Detail, action_words, details_of
from dashboard.accounts.models import AuditEntry, Shop
from dashboard.core.clock import day_bounds
from dashboard.core.csv_lines import csv_lines

ENTRIES_A_PAGE = 50
_CHUNK_ROWS = 1_000


@dataclass(frozen=True)
class AuditFilter:
    """What is asked for; days are the shop's, both included."""

    action: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_narrow(self) -> bool:
        return self != AuditFilter()


@dataclass(frozen=True)
class AuditRow:
    """An entry as a page shows it."""

    entry: AuditEntry
    words: str
    details: list[Detail]


def audit_entries(shop: Shop, wanted: AuditFilter) -> QuerySet[AuditEntry]:
    """The newest first."""
    found = AuditEntry.objects.filter(shop=shop).order_by("-created_at", "-pk")
    if wanted.action:
        found = found.filter(action=wanted.action)
    if wanted.person:
        found = found.filter(actor_label=wanted.person)
    if wanted.since:
        found = found.filter(created_at__gte=day_bounds(wanted.since, shop.timezone)[0])
    if wanted.until:
        found = found.filter(created_at__lt=day_bounds(wanted.until, shop.timezone)[1])
    return found


def latest_changes(shop: Shop, count: int = 5) -> list[AuditRow]:
    return [_row(entry) for entry in audit_entries(shop, AuditFilter())[:count]]


def audit_rows(shop: Shop, wanted: AuditFilter, page: str) -> Page:
    """A page of `AuditRow`s."""
    found = Paginator(audit_entries(shop, wanted), ENTRIES_A_PAGE).get_page(page)
    found.object_list = [_row(entry) for entry in found.object_list]  # type: ignore[misc]
    return found


def audit_choices(shop: Shop) -> tuple[list[tuple[str, str]], list[str]]:
    """What a filter may choose among: the actions of the shop's entries with their words, and their people."""
    entries = AuditEntry.objects.filter(shop=shop).order_by()
    actions = entries.values_list("action", flat=True).distinct()
    people = entries.values_list("actor_label", flat=True).distinct()
    return sorted(((action, action_words(action)) for action in actions), key=lambda pair: pair[1]), sorted(people)


def audit_csv(shop: Shop, wanted: AuditFilter) -> Iterator[str]:
    """Every entry that was asked for, a line each, in the shop's time."""
    zone = ZoneInfo(shop.timezone)
    rows = (
        (
            timezone.localtime(entry.created_at, zone).isoformat(timespec="seconds"),
            entry.actor_label,
            entry.action,
            entry.subject,
            _told(details_of(entry.detail)),
        )
        for entry in audit_entries(shop, wanted).iterator(chunk_size=_CHUNK_ROWS)
    )
    return csv_lines(("at", "who", "action", "subject", "detail"), rows)


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(entry, action_words(entry.action), details_of(entry.detail))


def _told(details: list[Detail]) -> str:
    return "; ".join(
        f"{each.label}: {each.before} → {each.after}" if each.before is not None else f"{each.label}: {each.after}"
        for each in details
    )
