"""Send simulated shoppers to a shop: live through its REST API, or through the past weeks at once."""

import json
import secrets
import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.accounts.models import Shop
from dashboard.accounts.selectors import shop_by_slug
from dashboard.core.errors import ForageError
from dashboard.standalone.traffic.calendar import VISITS_A_DAY, VISITS_A_VISITOR
from dashboard.standalone.traffic.front import ApiFront
from dashboard.standalone.traffic.live import LiveTraffic, Pace, Totals
from dashboard.standalone.traffic.past import live_through_past
from dashboard.standalone.traffic.progress import Progress
from dashboard.standalone.traffic.setup import simulator_key, wares_of

DEFAULT_VISITORS = 50


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e7:
        raise ArgumentTypeError(f"must be a number above zero, not {text!r}")
    return value


def _whole(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 10**7:
        raise ArgumentTypeError(f"must be a whole number above zero, not {text!r}")
    return int(text)


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, metavar="SLUG")
        parser.add_argument(
            "--visitors",
            type=_whole,
            metavar="N",
            help=f"stop after N new visitors (default: {DEFAULT_VISITORS}, or no limit with --minutes or --follow)",
        )
        parser.add_argument("--minutes", type=_positive, metavar="M", help="stop after M minutes")
        parser.add_argument("--seed", type=_whole, metavar="S", help="repeat the decisions of that seed")
        parser.add_argument("--follow", action="store_true", help="go on until stopped; wait while the server is away")
        parser.add_argument(
            "--visits-a-day",
            type=_positive,
            metavar="VISITS",
            help=f"the pace (default: {VISITS_A_DAY} with --follow or --backfill-days, else as fast as it goes)",
        )
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the server answers")
        parser.add_argument(
            "--backfill-days",
            type=_whole,
            metavar="DAYS",
            help="instead: live through the past DAYS days at once, without the API, with an experiment on Home",
        )
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            totals = self._run(options)
        except ForageError as problem:
            raise CommandError(problem.message) from problem
        if options["json"]:
            self.stdout.write(json.dumps(totals))
        else:
            self.stdout.write(
                "{visitors} visitors, {visits} visits, {slates} slates, {events} events, {refused} refused. "
                "All of it is marked as simulated.".format(**totals)
            )

    def _run(self, options: dict[str, Any]) -> dict[str, Any]:
        shop = shop_by_slug(options["shop"])
        seed = options["seed"] or secrets.randbelow(10**6) + 1
        progress = Progress(self.stderr, quiet=options["json"])
        with progress:
            if options["backfill_days"]:
                totals = self._backfill(shop, seed, options, progress)
            else:
                totals = self._live(shop, seed, options, progress)
        return {"shop": shop.slug, "seed": seed, **asdict(totals)}

    def _backfill(self, shop: Shop, seed: int, options: dict[str, Any], progress: Progress) -> Totals:
        days, visits_a_day = options["backfill_days"], options["visits_a_day"] or float(VISITS_A_DAY)
        if options["visitors"]:
            visits_a_day = options["visitors"] * VISITS_A_VISITOR / days
        stop = stop_on_signals()
        return live_through_past(shop, seed=seed, days=days, stop=stop, visits_a_day=visits_a_day, report=progress.show)

    def _live(self, shop: Shop, seed: int, options: dict[str, Any], progress: Progress) -> Totals:
        follow, stop = options["follow"], stop_on_signals()
        visitors = options["visitors"]
        if visitors is None and not follow and not options["minutes"]:
            visitors = DEFAULT_VISITORS
        patience = {"patience_seconds": None} if follow else {}
        visits_a_day = options["visits_a_day"] or (VISITS_A_DAY if follow else None)
        front = ApiFront(options["url"], simulator_key(shop), stop, **patience)
        try:
            traffic = LiveTraffic(
                wares_of(shop, seed),
                front,
                stop,
                seed=seed,
                currency=shop.currency,
                pace=Pace(visits_a_day, shop.timezone) if visits_a_day else None,
            )
            return traffic.run(visitors=visitors, minutes=options["minutes"], report=progress.show)
        finally:
            front.close()


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and Ctrl-C set, so that every wait ends at once and what was done is reported."""
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    return stop
