"""Feeds that are fetched from an address, by a schedule."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.catalog.feeds import FORMATS
from dashboard.catalog.models import FeedImport, FeedSource
from dashboard.core import clock, errors
from dashboard.core.fetching import checked_address, public_addresses, shown_address
from dashboard.core.jobs import enqueue

MAX_SOURCES = 20  # of a shop
PERIODS_HOURS = (1, 3, 6, 12, 24)
MAX_URL = 2000


def add_feed_source(
    *, shop: Shop, url: str, every_hours: int, form: str = "", removes_missing: bool = False, actor: User
) -> FeedSource:
    """Fetch a feed from now on; the first time at once. `removes_missing`: what it does not name is taken out.

    Raises `Invalid` for an address that may not be fetched.
    """
    if every_hours not in PERIODS_HOURS or (form and form not in FORMATS):
        raise errors.Invalid(_("Choose one of the periods and formats."))
    if len(url) > MAX_URL:
        raise errors.Invalid(_("The address may have %(most)s characters.") % {"most": MAX_URL})
    parts = checked_address(url)
    public_addresses(
        parts.hostname or "", parts.port or 443, allow_private=settings.FEEDS_ALLOW_PRIVATE_HOSTS
    )  # it is checked again at every fetch: this only tells at once
    with transaction.atomic():
        if FeedSource.objects.filter(shop=shop).count() >= MAX_SOURCES:
            raise errors.Invalid(_("A shop may have %(most)s scheduled feeds.") % {"most": MAX_SOURCES})
        if removes_missing and FeedSource.objects.filter(shop=shop, removes_missing=True).exists():
            raise errors.Invalid(
                "Another scheduled feed already takes out what it does not name; the two would undo each other."
            )
        chosen = {"every_hours": every_hours, "form": form, "removes_missing": removes_missing}
        source, is_new = FeedSource.objects.get_or_create(
            shop=shop, url=parts.geturl(), defaults={**chosen, "due_at": clock.now()}
        )
        if not is_new:
            raise errors.Conflict(_("This feed is scheduled already."))
        record_audit(shop=shop, actor=actor, action="feed.scheduled", subject=shown_address(url), hours=every_hours)
        _fetch(source)
    return source


@transaction.atomic
def fetch_now(*, source: FeedSource, actor: User, agreed_to: int = 0) -> FeedImport:
    """Fetch a feed out of turn, whole; `agreed_to` items may go. Raises `Conflict` while it is under way."""
    FeedSource.objects.select_for_update().get(pk=source.pk)
    if source.imports.filter(state__in=(FeedImport.State.WAITING, FeedImport.State.RUNNING)).exists():
        raise errors.Conflict(_("This feed is being fetched already."))
    FeedSource.objects.filter(pk=source.pk).update(etag="", last_modified="")
    record_audit(shop=source.shop, actor=actor, action="feed.fetched", subject=shown_address(source.url))
    return _fetch(source, agreed_to=agreed_to, requested_by=actor)


@transaction.atomic
def pause_feed_source(*, source: FeedSource, is_paused: bool, actor: User) -> None:
    """Fetch it no more, or again."""
    FeedSource.objects.filter(pk=source.pk).update(is_paused=is_paused, due_at=clock.now())
    action = "feed.paused" if is_paused else "feed.resumed"
    record_audit(shop=source.shop, actor=actor, action=action, subject=shown_address(source.url))


@transaction.atomic
def remove_feed_source(*, source: FeedSource, actor: User) -> None:
    """Forget a feed and its reports; the items stay."""
    record_audit(shop=source.shop, actor=actor, action="feed.removed", subject=shown_address(source.url))
    source.delete()


def start_due_feeds(*, shop: Shop) -> int:
    """Start the imports of a shop's feeds whose time has come. Returns how many. Safe to run twice at once."""
    started = 0
    while _start_one(shop):
        started += 1
    return started


@transaction.atomic
def _start_one(shop: Shop) -> bool:
    due = FeedSource.objects.filter(shop=shop, is_paused=False, due_at__lte=clock.now())
    source = due.select_for_update(skip_locked=True).order_by("due_at").first()
    if source is None:
        return False
    if source.imports.filter(state__in=(FeedImport.State.WAITING, FeedImport.State.RUNNING)).exists():
        _put_off(source)
    else:
        _fetch(source)
    return True


def _fetch(source: FeedSource, *, agreed_to: int = 0, requested_by: User | None = None) -> FeedImport:
    _put_off(source)
    feed_import = FeedImport.objects.create(
        shop_id=source.shop_id,
        source=source,
        name=shown_address(source.url)[-200:],
        removal=FeedImport.Removal.ASKED if source.removes_missing else FeedImport.Removal.NOT_ASKED,
        agreed_to=agreed_to,
        requested_by=requested_by,
        beat_at=clock.now(),
    )
    enqueue("catalog.import_feed", import_id=feed_import.pk)
    return feed_import


def _put_off(source: FeedSource) -> None:
    FeedSource.objects.filter(pk=source.pk).update(due_at=clock.now() + timedelta(hours=source.every_hours))
