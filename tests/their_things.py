"""What a tenancy test reaches for: another shop with one of everything, and all of its rows."""

from django.db import connection

from dashboard.accounts.models import Invitation
from dashboard.accounts.services import add_member, issue_key
from dashboard.audiences.models import Audience
from dashboard.catalog.models import FeedImport, FeedSource
from dashboard.catalog.services import upsert_items
from dashboard.core import clock, ids
from dashboard.events.services import record_events, record_exposure
from dashboard.experiments.models import Experiment, OwnMetric, Variant
from dashboard.exports.models import Export, ExportSchedule
from dashboard.policies.models import Placement, Policy
from dashboard.training.models import Artifact, Run
from dashboard.webhooks.models import Endpoint, Subscription


def _their_experiment(other_shop):
    placement = Placement.objects.create(shop=other_shop, slug="their-front", name="Their front")
    experiment = Experiment.objects.create(shop=other_shop, placement=placement, name="their-experiment", salt="s")
    for key in ("A", "B"):
        policy = Policy.objects.create(placement=placement, version=ord(key), knobs={}, is_published=key == "A")
        Variant.objects.create(experiment=experiment, key=key, name=key, policy=policy)
    return experiment


def _their_member(other_shop):
    return add_member(shop=other_shop, email="somebody@their.example", role="owner")


def their_things(other_shop):
    """The other shop with one of everything; what it sells and who visits it have names that nobody else has."""
    upsert_items(shop=other_shop, raw_items=[{"item_id": "their-mug", "title": "Their mug"}])
    event = {"event_id": "their-event", "type": "view_item", "visitor_id": "their-visitor", "item_id": "their-mug"}
    listed = {**event, "event_id": "their-list", "type": "view_item_list"}
    record_events(shop=other_shop, raw=[event, listed])
    slate = ids.time_ordered_uuid()
    record_exposure(
        shop_id=other_shop.pk,
        recommendation_id=slate,
        placement="home",
        visitor_id="their-visitor",
        served_at=clock.now(),
        policy_version=1,
        policy_hash="0",
        temperature=0.0,
        seed=1,
        items=[{"item_id": "their-mug", "position": 1}],
    )
    run = Run.objects.create(shop=other_shop, preset="fast", state="published")
    artifact = Artifact.objects.create(shop=other_shop, run=run, version=1, path="nowhere")
    source = FeedSource.objects.create(
        shop=other_shop, url="https://their.example/feed", every_hours=24, due_at=clock.now()
    )
    feed_import = FeedImport.objects.create(shop=other_shop, source=source, name="their-feed", beat_at=clock.now())
    experiment = _their_experiment(other_shop)
    export = Export.objects.create(
        shop=other_shop, kind="items", state="done", path="nowhere", requested_by="them", beat_at=clock.now()
    )
    audience = Audience.objects.create(
        shop=other_shop, name="their-audience", expression="new = true", changed_at=clock.now()
    )
    schedule = ExportSchedule.objects.create(
        shop=other_shop, audience=audience, period="daily", kept=3, due_at=clock.now(), requested_by="them"
    )
    endpoint = Endpoint.objects.create(shop=other_shop, url="https://their.example/hook", salt="s", due_at=clock.now())
    Subscription.objects.create(shop=other_shop, endpoint=endpoint, audience=audience)
    return {
        "endpoint_id": endpoint.pk,
        "export_id": export.pk,
        "schedule_id": schedule.pk,
        "shop": other_shop.slug,
        "item_id": "their-mug",
        "visitor_id": "their-visitor",
        "event_id": "their-event",
        "recommendation_id": str(slate),
        "run_id": run.pk,
        "artifact_id": artifact.pk,
        "segment": 1,
        "audience_id": audience.pk,
        "number": 1,
        "slug": "their-front",
        "source_id": source.pk,
        "import_id": feed_import.pk,
        "key_id": issue_key(shop=other_shop, kind="pk").record.pk,
        "member_id": _their_member(other_shop).pk,
        "invitation_id": Invitation.objects.create(
            shop=other_shop, email="new@their.example", role="owner", digest="0" * 64, expires_at=clock.now()
        ).pk,
        "experiment_id": experiment.pk,
        "own_id": OwnMetric.objects.create(
            shop=other_shop, name="their-metric", event_type="purchase", aggregation="sum"
        ).pk,
        "policy_id": experiment.variants.get(key="B").policy_id,
    }


def rows_of(shop):
    """Every row of a shop in every table that belongs to shops, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns "
            "WHERE column_name = 'shop_id' AND table_schema = 'public'"
        )
        tables = sorted(row[0] for row in cursor.fetchall())
        found = {}
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t WHERE shop_id = %s ORDER BY 1', [shop.pk])  # noqa: S608
            found[table] = cursor.fetchall()
    return found
