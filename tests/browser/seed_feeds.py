"""A scheduled feed, one that fails, and an import with bad rows."""

from datetime import timedelta

from dashboard.core import clock

FEED_IMPORT_ID = 9041  # known before the database gives numbers, for addresses
FEED_TO_CONFIRM_ID = 9044
REASONS = [
    ("price must be a number such as 12.50.", "price", "from 4.50"),
    ("item_id is missing.", "item_id", ""),
    ("in_stock must be true or false.", "in_stock", "only three left"),
]
REMARKS = {
    "columns": [
        {"name": "category", "is_kept": True, "meant": "categories", "rows": 12_418, "example": "Kitchen > Mugs"},
        {"name": "material", "is_kept": True, "meant": "", "rows": 911, "example": "enamel"},
    ],
    "untitled": 3,
    "untitled_sample": ["jug-7", "jug-8", "tin-2"],
}
MISSING = [
    {"item_id": f"kitchen-{number}-{colour}", "title": f"Enamel jug of {number} l, {colour}, with a lid"}
    for number in range(1, 6)
    for colour in ("blue", "cream")
]


def seed_feeds(shop):
    from dashboard.catalog.models import FeedImport, FeedProblem, FeedSource

    now = clock.now()
    good, bad = FeedSource.objects.bulk_create(
        FeedSource(shop=shop, url=url, every_hours=hours, due_at=now + timedelta(hours=hours))
        for url, hours in (
            ("https://shop.example/exports/google-merchant/all-products.xml", 6),
            ("https://holly:secret@erp.example/stock.csv?token=sesame", 1),
        )
    )
    common = {"shop": shop, "beat_at": now, "ended_at": now}
    FeedImport.objects.bulk_create(
        [
            FeedImport(
                pk=FEED_IMPORT_ID,
                source=good,
                name="https://shop.example/exports/google-merchant/all-products.xml",
                state="done",
                rows=12_480,
                new=37,
                changed=412,
                unchanged=11_960,
                duplicates=9,
                refused=62,
                remarks=REMARKS,
                **common,
            ),
            FeedImport(
                pk=FEED_IMPORT_ID + 1,
                source=bad,
                name="https://erp.example/stock.csv",
                state="failed",
                reason="https://erp.example/stock.csv answered with 503, not with a file.",
                **common,
            ),
            FeedImport(pk=FEED_IMPORT_ID + 2, name="summer.csv", dry_run=True, state="done", new=8, **common),
            FeedImport(
                pk=FEED_TO_CONFIRM_ID,
                source=good,
                name="https://shop.example/exports/google-merchant/all-products.xml",
                state="done",
                rows=8_310,
                unchanged=8_310,
                removal="too_many",
                missing=4_207,
                missing_sample=MISSING,
                **common,
            ),
        ]
    )
    FeedProblem.objects.bulk_create(
        FeedProblem(
            feed_import_id=FEED_IMPORT_ID,
            line=3 + 41 * row,
            code="wrong_type",
            item_id=f"jug-{row}-cream" if field != "item_id" else "",
            field=field,
            value=value,
            message=message,
        )
        for row in range(62)
        for message, field, value in [REASONS[row % 3]]
    )
