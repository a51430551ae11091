"""The shop of benchmarks.million, made in its database by statements of its own; steps that are done are not repeated.

Visitor v has the interest v mod 12, and three of four of what it does are items of it; the rest is anything, by a power
law. Everything follows from a seed. Rows that pages do not read (keys of events, exposures) are not made.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INTERESTS = 12
MONTHS = 12
LEARNED_VISITORS = 20_000  # whose behaviour the model is trained on: it must be a real one, not a large one
SLUG, OWNER = "million", "owner@million.example"
AUDIENCES = {
    "Loyal": "purchases >= 2 and days_since_last_visit < 60",
    "Newcomers": "new = true",
    "Gold of one interest": 'segments.3 >= 0.6 and attributes.tier = "gold"',
}

_INTERACTIONS = """
    INSERT INTO events_interaction (shop_id, event_id, line, type, visitor_id, session_id, item_id, quantity, price,
        value, currency, order_id, query, recommendation_id, placement, timestamp, received_at, low_trust, simulated)
    SELECT %(shop)s, 'e' || %(month)s || '-' || n, 0, kind, 'v' || v, '', 'item-' || item, 1,
        CASE WHEN kind = 'purchase' THEN 5 + item %% 40 END, CASE WHEN kind = 'purchase' THEN 5 + item %% 40 END,
        'GBP', CASE WHEN kind = 'purchase' THEN 'o' || n ELSE '' END, '', NULL, '', moment, moment, FALSE, FALSE
    FROM (
        SELECT n, v, CASE WHEN r1 < 0.05 THEN 'purchase' WHEN r1 < 0.15 THEN 'add_to_cart' ELSE 'view_item' END AS kind,
            CASE WHEN r2 < 0.75
                THEN least(floor(power(r3, 2) * %(each)s)::int, %(each)s - 1) * %(interests)s + v %% %(interests)s
                ELSE least(floor(power(r3, 2) * %(items)s)::int, %(items)s - 1) END AS item,
            %(start)s::timestamptz + r4 * (%(end)s::timestamptz - %(start)s::timestamptz) AS moment
        FROM (
            SELECT n, least(floor(power(random(), 1.5) * %(visitors)s)::int, %(visitors)s - 1) AS v,
                random() AS r1, random() AS r2, random() AS r3, random() AS r4
            FROM generate_series(1, %(count)s) AS n
        ) AS drawn
    ) AS made
"""
_IMPRESSIONS = """
    INSERT INTO events_impression (shop_id, event_id, line, visitor_id, session_id, item_id, recommendation_id,
        placement, timestamp, received_at, simulated)
    SELECT %(shop)s, 'i' || n, 0, 'v' || floor(random() * %(visitors)s)::int, '',
        'item-' || floor(random() * %(items)s)::int,
        gen_random_uuid(), 'home', now() - random() * interval '30 days', now(), FALSE
    FROM generate_series(1, %(count)s) AS n
"""
_MEMBERS = """
    INSERT INTO segments_segmentmembership (shop_id, artifact_id, visitor_id, number, probability, probabilities, x, y,
        novelty, moves)
    SELECT %(shop)s, %(artifact)s, visitor_id, number, p, jsonb_build_object(number::text, round(p::numeric, 4)),
        6 * cos(number) + 2 * random(), 6 * sin(number) + 2 * random(), 8 + random(),
        CASE WHEN random() < 0.3 THEN jsonb_build_array(%(month)s, 1 + (number + 4) %% %(segments)s, number)
            ELSE jsonb_build_array(%(month)s, number, number) END
    FROM (
        SELECT visitor_id, 1 + substr(visitor_id, 2)::int %% %(segments)s AS number, 0.4 + 0.6 * random() AS p
        FROM audiences_visitor WHERE shop_id = %(shop)s
    ) AS member
"""
_TIERS = """
    UPDATE audiences_visitor SET attributes = '{"tier": "gold"}', attributes_at = now()
    WHERE shop_id = %s AND substr(visitor_id, 2)::int %% 20 = 0
"""


@dataclass(frozen=True)
class Sizes:
    """How large the shop is to be."""

    visitors: int
    interactions: int
    items: int


@dataclass
class Maker:
    """Makes the shop step by step; `folder` holds what is done, and the files of the model."""

    folder: Path
    sizes: Sizes
    seed: int = 0

    def make(self) -> dict[str, float]:
        """Seconds of each step that had not been done before."""
        steps: dict[str, Callable[[], None]] = {"shop": self._shop, "items": self._items}
        steps |= {f"interactions {month}": lambda month=month: self._interactions(month) for month in range(MONTHS)}
        steps |= {"impressions": self._impressions, "vacuum": self._vacuum, "visitors": self._visitors}
        steps |= {"model": self._model, "members": self._members, "audiences": self._audiences}
        steps |= {"analyze": self._analyze}
        spent = {}
        for name, step in steps.items():
            if name not in self._done:
                began = time.monotonic()
                step()
                spent[name] = round(time.monotonic() - began, 1)
                self._note(name)
                sys.stderr.write(f"{name}: {spent[name]} s\n")
        return spent

    @property
    def shop(self) -> Any:
        from dashboard.accounts.models import Shop

        return Shop.objects.get(slug=SLUG)

    @property
    def _state(self) -> Path:
        return self.folder / "million.json"

    @property
    def _done(self) -> list[str]:
        if not self._state.exists():
            return []
        kept = json.loads(self._state.read_text())
        if kept["sizes"] != vars(self.sizes):
            raise SystemExit(f"{self.folder} holds a shop of other sizes ({kept['sizes']}); name another --folder")
        return list(kept["done"])

    def _note(self, name: str) -> None:
        self._state.write_text(json.dumps({"sizes": vars(self.sizes), "done": [*self._done, name]}))

    def _shop(self) -> None:
        from dashboard.accounts.services import add_member, create_shop
        from dashboard.policies.services import ensure_default_placements

        shop, _publishable, _secret = create_shop(slug=SLUG, name="Million")
        add_member(shop=shop, email=OWNER, role="owner")
        ensure_default_placements(shop)

    def _items(self) -> None:
        from dashboard.catalog.models import Item

        rows = (
            Item(
                shop=self.shop,
                item_id=f"item-{number}",
                title=f"Thing {number} of kind {number % INTERESTS}",
                categories=[f"Kind {number % INTERESTS}"],
                brand=f"Brand {number % 50}",
                price=5 + number % 40,
            )
            for number in range(self.sizes.items)
        )
        Item.objects.bulk_create(rows, batch_size=2000)

    def _interactions(self, month: int) -> None:
        from datetime import timedelta

        from dashboard.core import clock
        from dashboard.events.services.partitions import make_months

        end = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=30 * month)
        start = end - timedelta(days=30)
        make_months([start, end])
        self._run(
            _INTERACTIONS,
            month=month,
            count=self.sizes.interactions // MONTHS,
            start=start,
            end=end,
            interests=INTERESTS,
            each=self.sizes.items // INTERESTS,
        )

    def _impressions(self) -> None:
        self._run(_IMPRESSIONS, count=self.sizes.visitors)

    def _vacuum(self) -> None:
        self._plain("VACUUM ANALYZE events_interaction, events_impression, catalog_item")

    def _visitors(self) -> None:
        """The figures of visitors, by the product's own nightly statement."""
        from dashboard.audiences.services import count_all_visitors

        count_all_visitors(shop=self.shop)
        self._plain(_TIERS, [self.shop.pk])

    def _model(self) -> None:
        """A model of some of the visitors, published."""
        from dashboard.training import store
        from dashboard.training.models import Artifact, Run
        from recommender.artifact import read_manifest

        out = self.folder / "model"
        if not (out / "manifest.json").exists():
            files = self._sample()
            order = ["train", *files, "--out", str(out), "--preset", "fast", "--seed", str(self.seed)]
            subprocess.run([sys.executable, "-m", "recommender", *order], check=True, stdout=subprocess.DEVNULL)
        store.put_folder(out, f"bench/{SLUG}")
        run = Run.objects.create(shop=self.shop, state=Run.State.PUBLISHED, preset="fast")
        checksums = read_manifest(out)["checksums"]
        made = {"path": f"bench/{SLUG}", "checksums": checksums, "is_active": True}
        Artifact.objects.create(shop=self.shop, run=run, version=1, **made)

    def _sample(self) -> list[str]:
        import csv

        from dashboard.catalog.models import Item
        from dashboard.events.models import Interaction

        step = max(self.sizes.visitors // LEARNED_VISITORS, 1)
        some = [f"v{number}" for number in range(0, self.sizes.visitors, step)]
        behaviour = Interaction.objects.filter(shop=self.shop, visitor_id__in=some).values_list(
            "visitor_id", "item_id", "type", "timestamp"
        )
        catalog = Item.objects.filter(shop=self.shop).values_list("item_id", "title", "categories")
        tables = {
            "interactions": [("visitor_id", "item_id", "event_type", "timestamp")]
            + [(*row, moment.timestamp()) for *row, moment in behaviour.iterator()],
            "items": [("item_id", "title", "categories"), *((a, b, "|".join(c)) for a, b, c in catalog)],
        }
        for name, rows in tables.items():
            with (self.folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(rows)
        return [word for name in tables for word in (f"--{name}", str(self.folder / f"{name}.csv"))]

    def _members(self) -> None:
        """Every visitor a member of the model's segments, and what the product prepares of that at a publish."""
        from dashboard.segments import flows, identity, prepared_map
        from dashboard.segments.models import Segment, SegmentSet
        from dashboard.training.models import Artifact

        shop, artifact = self.shop, Artifact.objects.get(shop__slug=SLUG)
        described = json.loads((self.folder / "model" / "segments.json").read_text())
        columns = ("suggested_name", "share", "center", "covariance", "top_items", "top_categories", "facts")
        Segment.objects.bulk_create(
            Segment(
                shop=shop,
                artifact_id=artifact.pk,
                number=place,
                visitors=self.sizes.visitors // len(described),
                **{name: entry[name] for name in columns if name in entry},
            )
            for place, entry in enumerate(described, start=1)
        )
        month = 12 * 2026 + 10
        self._run(_MEMBERS, artifact=artifact.pk, segments=len(described), month=month)
        self._plain("VACUUM ANALYZE segments_segmentmembership, audiences_visitor")
        prepared_map.prepare_map(shop, artifact.pk)
        flows.sum_flows(shop, artifact.pk)
        identity.note_showing(shop, artifact.pk, before=None)
        SegmentSet.objects.create(shop=shop, artifact_id=artifact.pk)

    def _audiences(self) -> None:
        from dashboard.audiences.services import create_audience

        for name, expression in AUDIENCES.items():
            create_audience(shop=self.shop, name=name, expression=expression, by=None)

    def _analyze(self) -> None:
        self._plain("ANALYZE")

    def _run(self, statement: str, **values: Any) -> None:
        """One statement, drawn from the seed."""
        from django.db import connection

        given = {"shop": self.shop.pk, "visitors": self.sizes.visitors, "items": self.sizes.items, **values}
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(%s)", [(hash((self.seed, values.get("month", -1))) % 1000) / 1000])
            cursor.execute(statement, given)

    def _plain(self, statement: str, values: list[Any] | None = None) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(statement, values)


def prepare_environment(folder: Path) -> None:
    """Settings for a product that lives in a folder."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    os.environ.setdefault("SECRET_KEY", "only-for-benchmarks")
    os.environ["FORAGE_DATA"] = str(folder)
    os.environ["DEBUG"] = "0"  # it would write every statement down
