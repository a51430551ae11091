"""Pictures of every page, to look at: `python -m tests.browser.shots FOLDER [page …]`.

Makes a database of its own, seeds the small shop, serves it, and takes each page at 1440 and 360 px, light and dark;
with `--language zh-hans` in Chinese; with `--empty` of a new shop.
The page `scenes` stands for all of scenes.py: dialogs, mistakes, login_throttle.
"""

import argparse
import os
from pathlib import Path

from tests.browser.scenes import SCENES
from tests.browser.seed_audiences import AUDIENCE_ID, ENDPOINT_ID
from tests.browser.seed_experiments import EXPERIMENT_ID
from tests.browser.seed_feeds import FEED_IMPORT_ID, FEED_TO_CONFIRM_ID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

PAGES = {
    "overview": "",
    "search": "search/?q=regency",
    "segments": "segments/",
    "segment": "segments/1/",
    "segments-compare": "segments/compare/?a=1&b=2",
    "movement": "movement/",
    "audiences": "audiences/",
    "audience": f"audiences/{AUDIENCE_ID}/",
    "audience-new": "audiences/new/?expression=purchases+%3E%3D+2+and+segments.1+%3E%3D+0.5",
    "audiences-week": "audiences/week/",
    "webhooks": "webhooks/",
    "webhook": f"webhooks/{ENDPOINT_ID}/",
    "placements": "placements/",
    "placement": "placements/home/",
    "placement-rules": "placements/home/rules/",
    "placement-overrides": "placements/home/overrides/",
    "placement-override": f"placements/home/overrides/?edit={AUDIENCE_ID}&visitor_id=visitor-3",
    "placement-versions": "placements/home/versions/",
    "placement-confirm": "placements/home/confirm/?version=1",
    "placement-product": "placements/product/?picked=gar-1",
    "placement-cart": "placements/cart/",
    "placement-embed": "placements/home/embed/",
    "ledger": "ledger/",
    "launches": "launches/",
    "visitor": "visitors/visitor-3/",
    "visitor-why": "visitor-why/visitor-3/?placement=home",
    "item": "items/gar-0/",
    "experiments": "experiments/",
    "experiment-register": "experiments/register/",
    "experiment-learning": f"experiments/{EXPERIMENT_ID + 1}/learning/",
    "experiment": f"experiments/{EXPERIMENT_ID}/",
    "experiment-new": "experiments/new/?placement=product",
    "experiment-draft": f"experiments/{EXPERIMENT_ID + 2}/",
    "experiment-interleaved": f"experiments/{EXPERIMENT_ID + 3}/",
    "experiment-metrics": "experiments/metrics/",
    "experiment-metric-new": "experiments/metrics/new/",
    "catalog": "catalog/",
    "catalog-fix": "catalog/fix/?lacking=category",
    "feeds": "catalog/feeds/",
    "feed-import": f"catalog/imports/{FEED_IMPORT_ID}/",
    "feed-to-confirm": f"catalog/imports/{FEED_TO_CONFIRM_ID}/",
    "events": "events/",
    "models": "models/",
    "settings": "settings/",
    "audit": "settings/audit/",
    "exports": "exports/",
}
#: pages that a new shop does not have
OF_DATA = {
    *("item", "feed-import", "feed-to-confirm", "segment", "audience", "webhook", "experiment", "experiment-draft"),
    "experiment-learning",
    "experiment-interleaved",
}
LOOKS = [("1440", 1440, "light"), ("1440", 1440, "dark"), ("360", 360, "light"), ("360", 360, "dark")]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("pages", nargs="*", default=list(PAGES))
    parser.add_argument("--language", default="en-gb")
    parser.add_argument("--empty", action="store_true", help="a new shop without data")
    parser.add_argument("--look", action="append", help="only these: 1440-light, 360-dark, …")
    options = parser.parse_args()
    if "scenes" in options.pages:
        options.pages = [*(name for name in options.pages if name != "scenes"), *SCENES]

    import django

    django.setup()
    from django.test.utils import setup_test_environment

    setup_test_environment(debug=False)
    from django.db import connection

    from dashboard.core.tenancy import operator_scope

    connection.settings_dict["TEST"]["NAME"] = f"{connection.settings_dict['NAME']}_shots"
    connection.settings_dict["CONN_MAX_AGE"] = 0
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        with operator_scope("pages of a made-up shop"):
            _shoot(options)
    finally:
        name = connection.settings_dict["NAME"]
        connection.close()
        with connection._nodb_cursor() as cursor:  # the server's thread may still hold a connection
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _shoot(options):
    from playwright.sync_api import sync_playwright
    from pytest_django.live_server_helper import LiveServer

    from dashboard.accounts import services
    from tests.browser.chromium import CHROMIUM_ARGUMENTS, chromium_path
    from tests.browser.conftest import Visit
    from tests.browser.seed import seed_shop

    shop, _, secret = services.create_shop(slug="holly-and-hearth", name="Holly & Hearth", timezone="Europe/London")
    holly = services.add_member(
        shop=shop, email="holly@example.com", role="owner", name="Amara Okafor", password="a long passphrase"
    ).user
    if not options.empty:
        seed_shop(shop)
        services.rotate_key(key=secret.record, actor=holly)
    server = LiveServer("localhost")
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        for label, width, scheme in LOOKS:
            if options.look and f"{label}-{scheme}" not in options.look:
                continue
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", locale="en-GB"
            )
            context.add_cookies([{"name": "django_language", "value": options.language, "url": server.url}])
            visit = Visit(context.new_page(), server.url, shop)
            for name in options.pages:
                visit.sign_in(holly)
                SCENES[name](visit) if name in SCENES else visit.open(PAGES[name])
                target = options.folder / f"{name}-{label}-{scheme}.png"
                in_window = visit.page.locator(
                    "dialog[open]"
                ).count()  # a dialog lies over the window, not over the page
                visit.page.screenshot(path=target, full_page=not in_window)
                wide = visit.sideways_overflow()
                print(target, f"{wide} px too wide" if wide > 0 else "", *visit.complaints)  # noqa: T201
                visit.complaints.clear()
        browser.close()
    server.stop()


if __name__ == "__main__":
    main()
