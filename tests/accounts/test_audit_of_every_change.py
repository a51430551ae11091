"""Every page and every route of the API that changes something leaves an entry: routes are found by themselves.

A page that refuses GET changes something. Add a row to `PAGES` when you add one.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dashboard.accounts import services, team
from dashboard.accounts.audit_words import ACTIONS
from dashboard.accounts.models import AuditEntry
from dashboard.audiences.services import create_audience
from dashboard.catalog.models import FeedImport, FeedPart, FeedSource, Item
from dashboard.core import clock
from dashboard.events.services import record_events
from dashboard.experiments.services import (
    MetricTerms,
    create_experiment,
    create_metric,
    start_experiment,
    stop_experiment,
)
from dashboard.exports.schedules import schedule_export
from dashboard.overview.services import put_off
from dashboard.policies import services as policies
from dashboard.policies.selectors import proposal_of, rule_key
from dashboard.segments.services import replace_segments
from dashboard.training.models import Run
from dashboard.webhooks.models import Delivery
from dashboard.webhooks.services import create_endpoint
from tests import artifact_files as files
from tests.accounts.test_every_page_is_closed import pages
from tests.api.conftest import ApiClient, event
from tests.api.routes import PROBES

pytestmark = pytest.mark.django_db
KNOBS = {"exploration": 0.3}
LOUD = {"kind": "exclude", "field": "brand", "value": "Loud", "confirmed": "matches_nothing"}
RULE = {"kind": "exclude", "match": {"brand": "Loud"}}

#: {page: (the ids that it needs and what is sent, out of the things of `things`)}
PAGES = {
    "audiences:create": lambda it: ({}, {"name": "Newcomers", "expression": "new = true"}),
    "audiences:change": lambda it: ({"audience_id": it.audience()}, {"name": "New ones", "expression": "new = true"}),
    "audiences:archive": lambda it: ({"audience_id": it.audience()}, {}),
    "audiences:privacy": lambda it: ({}, {"smallest_group": "30"}),
    "catalog:say-merchandise": lambda it: ({}, {"item": it.item(), "is_merchandise": "no"}),
    "catalog:correct": lambda it: ({}, {"item_id": it.item(), "title": "Fancy", "categories": "Mugs"}),
    "catalog:save-fixes": lambda it: ({}, {"lacking": "category", "item_id": it.item(), "value": "Mugs"}),
    "catalog:upload": lambda it: ({}, {"feed": SimpleUploadedFile("f.csv", b"item_id\na\n")}),
    "catalog:apply-import": lambda it: ({"import_id": it.preview().pk}, {}),
    "catalog:add-source": lambda it: ({}, {"url": "http://127.0.0.1:1/feed.csv", "every_hours": "24"}),
    "catalog:fetch-source": lambda it: ({"source_id": it.source().pk}, {}),
    "catalog:pause-source": lambda it: ({"source_id": it.source().pk}, {}),
    "catalog:remove-source": lambda it: ({"source_id": it.source().pk}, {}),
    "events:count-again": lambda it: ({}, {"visitor_id": it.bot()}),
    "events:retention": lambda it: ({}, {"days": "90"}),
    "ledger:trial": lambda it: ({}, {"positions": "40", "days": "10"}),
    "events:not-interested": lambda it: ({}, {"days": "14"}),
    "segments:rename": lambda it: ({"number": it.segment()}, {"name": "Gift hunters"}),
    "overview:put-off": lambda it: ({}, {"key": it.need(), "days": "7"}),
    "overview:bring-back": lambda it: ({}, it.put_off()),
    "overview:access-request": lambda it: ({}, {"visitor_id": it.visitor()}),
    "policies:keep-draft": lambda it: ({"slug": "home"}, {"exploration": "0.4"}),
    "policies:keep-options": lambda it: ({"slug": "home"}, it.options()),
    "policies:discard-draft": lambda it: ({"slug": "home"}, {"revision": it.drafted().revision}),
    "policies:keep-override": lambda it: ({"slug": "home"}, {"audience": it.audience(), "exploration": "0.4"}),
    "policies:remove-override": lambda it: ({"slug": "home"}, {"audience": it.overridden()}),
    "policies:add-override-rule": lambda it: ({"slug": "home"}, {**LOUD, "audience": it.audience()}),
    "policies:remove-override-rule": lambda it: ({"slug": "home"}, it.ruled_override()),
    "policies:override-earlier": lambda it: ({"slug": "home"}, {"audience": it.overridden(times=2)}),
    "policies:publish": lambda it: ({"slug": "home"}, {"revision": it.drafted().revision, "note": "Christmas"}),
    "policies:undo": lambda it: ({"slug": it.ruled()}, {"version": "2"}),
    "policies:add-rule": lambda it: ({"slug": "home"}, LOUD),
    "policies:end-rule": lambda it: ({"slug": it.ruled()}, {"rule": rule_key(RULE)}),
    "policies:remove-rule": lambda it: ({"slug": it.ruled()}, {"rule": rule_key(RULE)}),
    "policies:keep-rule": lambda it: ({"slug": it.ruled(goes=True)}, {"rule": rule_key(RULE)}),
    "policies:roll-back": lambda it: ({"slug": it.ruled()}, {"version": "1", "published": "2"}),
    "serving:item-rule": lambda it: ({}, {"placement": "home", "item_id": it.item(), "kind": "exclude"}),
    "experiments:create": lambda it: ({}, {"placement": "home", "exploration": "0.4"}),
    "experiments:start": lambda it: ({"experiment_id": it.experiment(create_experiment).pk}, {}),
    "experiments:stop": lambda it: ({"experiment_id": it.experiment(start_experiment).pk}, {}),
    "experiments:publish": lambda it: ({"experiment_id": it.experiment(start_experiment).pk}, {}),
    "experiments:create-metric": lambda it: (
        {},
        {"name": "Wishes", "event_type": "add_to_wishlist", "aggregation": "any"},
    ),
    "experiments:change-metric": lambda it: ({"own_id": it.metric()}, {"name": "Wished for", "guard_percent": "5"}),
    "experiments:archive-metric": lambda it: ({"own_id": it.metric()}, {}),
    "experiments:note": lambda it: ({"experiment_id": it.ended()}, {"note": "Bold wins.", "tags": "home, bold"}),
    "experiments:share-report": lambda it: ({"experiment_id": it.ended()}, {"days": "30"}),
    "experiments:revoke-reports": lambda it: ({"experiment_id": it.ended()}, {}),
    "experiments:archive": lambda it: ({"experiment_id": it.ended()}, {"archived": "yes"}),
    "training:start": lambda it: ({}, it.behaved({"preset": "fast"})),
    "exports:request": lambda it: ({}, {"what": "items", "form": "csv"}),
    "exports:schedule": lambda it: (
        {"audience_id": it.audience()},
        {"period": "daily", "form": "csv", "kept": "3"},
    ),
    "exports:end-schedule": lambda it: ({"audience_id": it.scheduled()}, {}),
    "exports:write-now": lambda it: ({"audience_id": it.scheduled()}, {}),
    "training:cancel": lambda it: ({"run_id": it.run().pk}, {}),
    "training:plan": lambda it: ({}, {"retrains_nightly": "on"}),
    "webhooks:create": lambda it: ({}, {"url": "http://127.0.0.1:1/hook", "audiences": it.audience()}),
    "webhooks:change": lambda it: ({"endpoint_id": it.webhook().pk}, {"audiences": it.audience("More")}),
    "webhooks:rotate": lambda it: ({"endpoint_id": it.webhook().pk}, {}),
    "webhooks:pause": lambda it: ({"endpoint_id": it.webhook().pk}, {"is_paused": "yes"}),
    "webhooks:test": lambda it: ({"endpoint_id": it.webhook().pk}, {}),
    "webhooks:replay": lambda it: ({"endpoint_id": it.webhook(refused=1).pk}, {}),
    "webhooks:remove": lambda it: ({"endpoint_id": it.webhook().pk}, {}),
    "settings:change-shop": lambda it: ({}, {"name": "Holly", "timezone": "UTC", "currency": "EUR"}),
    "settings:invite": lambda it: ({}, {"email": "new@example.com", "role": "viewer"}),
    "settings:renew-invitation": lambda it: ({"invitation_id": it.invitation().pk}, {}),
    "settings:revoke-invitation": lambda it: ({"invitation_id": it.invitation().pk}, {}),
    "settings:change-role": lambda it: ({"member_id": it.member().pk}, {"role": "owner"}),
    "settings:remove-member": lambda it: ({"member_id": it.member().pk}, {}),
    "settings:issue-key": lambda it: ({}, {"kind": "sk"}),
    "settings:rotate-key": lambda it: ({"key_id": it.key().pk}, {"days": "7"}),
    "settings:limit-key": lambda it: ({"key_id": it.key().pk}, {"limit": "5"}),
    "settings:revoke-key": lambda it: ({"key_id": it.key().pk}, {}),
}
#: Pages that refuse GET and change nothing, and one whose entry its own tests look at.
OTHERS = {"training:publish": "tests/training/test_publish.py"}
#: Routes of the API that bring data, or ask for it with a body; what they change is data, not the shop.
OF_DATA = {
    *[("events", "POST"), ("items", "POST"), ("item", "PATCH"), ("item", "DELETE"), ("recommendations", "POST")],
    *[("email-slates", "POST"), ("visitor", "PUT"), ("own-metric-preview", "POST")],
    *[("experiment-assignments", "POST"), ("experiment-exposures", "POST")],
}
MANAGED = {
    ("audiences", "POST"): "audience.created",
    ("audience", "PATCH"): "audience.changed",
    ("audience", "DELETE"): "audience.archived",
    ("privacy", "PATCH"): "privacy.changed",
    ("webhooks", "POST"): "webhook.created",
    ("webhook", "PATCH"): "webhook.changed",
    ("webhook", "DELETE"): "webhook.removed",
    ("webhook-rotate", "POST"): "webhook.rotated",
    ("webhook-test", "POST"): "webhook.tested",
    ("webhook-replay", "POST"): "webhook.replayed",
    ("visitor", "DELETE"): "visitor.erased",
    ("visitor-merge", "POST"): "visitor.merged",
    ("placements", "POST"): "placement.created",
    ("placement", "PATCH"): "placement.changed",
    ("placement", "DELETE"): "placement.deleted",
    ("placement-policies", "POST"): "policy.drafted",
    ("policy-publish", "POST"): "policy.published",
    ("experiments", "POST"): "experiment.created",
    ("experiment-start", "POST"): "experiment.started",
    ("experiment-stop", "POST"): "experiment.stopped",
    ("experiment-ship", "POST"): "experiment.shipped",
    ("own-metrics", "POST"): "metric.created",
    ("own-metric", "PATCH"): "metric.changed",
    ("own-metric", "DELETE"): "metric.archived",
    ("exports", "POST"): "export.requested",
    ("export-schedules", "POST"): "export.scheduled",
    ("export-schedule", "PATCH"): "export.schedule_changed",
    ("export-schedule", "DELETE"): "export.unscheduled",
    ("export-schedule-run", "POST"): "export.requested",
    ("runs", "POST"): "run.start",
    ("training-plan", "PATCH"): "retrain_plan.change",
    ("artifact-publish", "POST"): "artifact.publish",
}


class Things:
    """Makes what a page needs to change something."""

    def __init__(self, shop, owner, folder):
        self.shop, self.owner, self.folder = shop, owner, folder
        self.home = policies.ensure_default_placements(shop)[0]

    def options(self):
        kept = {"explore_max_age_days": "90", "explore_floor": "0.2", "fairness_attribute": "brand"}
        return {**{f"seen-{name}": value for name, value in kept.items()}, **kept, "explore_floor": "1"}

    def key(self):
        return services.issue_key(shop=self.shop, kind="sk").record

    def invitation(self):
        return team.invite_member(shop=self.shop, email="ann@example.com", role="viewer", actor=self.owner).record

    def member(self):
        return services.add_member(shop=self.shop, email="ann@example.com", role="viewer")

    def run(self):
        return Run.objects.create(shop=self.shop, preset="fast")

    def source(self):
        return FeedSource.objects.create(shop=self.shop, url="https://x.example/f", every_hours=24, due_at=clock.now())

    def preview(self):
        looked = FeedImport.objects.create(
            shop=self.shop, name="f.csv", dry_run=True, state="done", beat_at=clock.now()
        )
        FeedPart.objects.create(feed_import=looked, number=0, content=b"item_id\na\n")
        return looked

    def item(self):
        return Item.objects.create(shop=self.shop, item_id="plain", title="Plain").item_id

    def need(self):
        self.item()
        return "uncategorised"

    def put_off(self):
        put_off(shop=self.shop, key=self.need(), days=1, actor=self.owner)
        return {}

    def behaved(self, given):
        """With enough behaviour to learn from."""
        viewed = (event(event_id=f"v{n}", visitor_id=f"v{n % 3}", item_id=f"i{n}") for n in range(12))
        record_events(shop=self.shop, raw=list(viewed))
        return given

    def bot(self):
        record_events(shop=self.shop, raw=[event(visitor_id="crawler")], agent="bot")
        return "crawler"

    def visitor(self):
        record_events(shop=self.shop, raw=[event(visitor_id="ada")])
        return "ada"

    def segment(self):
        segments, visitors = [files.segment(1, "Gardeners")], [files.membership("ada", 1)]
        files.write_segments(self.folder, segments, visitors)
        replace_segments(shop=self.shop, artifact_id=11, folder=self.folder)
        return 1

    def audience(self, name="Newcomers"):
        return create_audience(shop=self.shop, name=name, expression="new = true", by=None).pk

    def scheduled(self):
        wish = {"audience_id": self.audience(), "period": "daily", "form": "csv", "kept": 3}
        return schedule_export(shop=self.shop, actor=self.owner, **wish).audience_id

    def webhook(self, refused=0):
        made = create_endpoint(shop=self.shop, url="http://127.0.0.1:1/x", audience_ids=[self.audience()], by=None)
        for number in range(refused):
            Delivery.objects.create(
                shop=self.shop, endpoint=made.endpoint, message_id=f"m{number}", state="refused", created_at=clock.now()
            )
        return made.endpoint

    def overridden(self, times=1):
        """The last of so many overrides in the draft."""
        for number in range(times):
            last = self.audience(f"Audience {number}")
            policies.draft_override(placement=self.home, audience_id=last, knobs=KNOBS, by=None)
        return last

    def ruled_override(self):
        audience = self.audience()
        policies.draft_override_rule(placement=self.home, audience_id=audience, rule=RULE, by=None)
        stored = proposal_of(self.home).overrides[0]["rules"][0]
        return {"audience": audience, "rule": rule_key(stored)}

    def drafted(self):
        return policies.draft_knobs(placement=self.home, knobs=KNOBS, by=None)

    def ruled(self, goes=False):
        policies.publish_policy(placement=self.home, knobs={}, rules=[RULE], by=None)
        if goes:
            policies.draft_without_rule(placement=self.home, key=rule_key(RULE), by=None)
        return "home"

    def metric(self):
        terms = MetricTerms(event_type="add_to_wishlist", aggregation="any")
        return create_metric(shop=self.shop, name="Wishes", terms=terms, by=None).pk

    def ended(self):
        return stop_experiment(experiment=self.experiment(start_experiment), by=None).pk

    def experiment(self, make):
        return make(placement=self.home, treatment_knobs=KNOBS, name="Test", by=None)


@pytest.fixture(autouse=True)
def nothing_is_sent(monkeypatch, settings):
    monkeypatch.setattr("dashboard.core.jobs._send", lambda *job: None)
    settings.FEEDS_ALLOW_PRIVATE_HOSTS = settings.WEBHOOKS_ALLOW_PRIVATE_HOSTS = True


@pytest.fixture
def things(shop, owner, tmp_path):
    return Things(shop, owner, tmp_path)


def test_every_page_that_changes_something_is_known_here(client, owner, shop):
    client.force_login(owner)
    ids = {"slug": "x", "visitor_id": "x", **dict.fromkeys(set().union(*(keys for _, keys in pages())), 1)}
    ids |= {"slug": "x", "visitor_id": "x"}
    changing = set()
    for name, keys in pages():
        address = reverse(name, kwargs={"shop_slug": shop.slug, **{key: ids[key] for key in keys}})
        if client.get(address).status_code == 405:
            changing.add(name)
    assert changing == PAGES.keys() | OTHERS.keys()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_changes_something_notes_who_did_it(client, shop, owner, things, name):
    ids, sent = PAGES[name](things)
    client.force_login(owner)
    before = AuditEntry.objects.count()
    response = client.post(reverse(name, kwargs={"shop_slug": shop.slug, **ids}), sent)
    assert response.status_code < 400, response.content.decode()[:2000]
    entries = AuditEntry.objects.order_by("-pk")[: AuditEntry.objects.count() - before]
    assert entries, f"{name} leaves no entry"
    assert {(entry.shop, entry.actor) for entry in entries} == {(shop, owner)}
    assert {entry.action for entry in entries} <= ACTIONS.keys()


def test_every_route_of_the_api_that_changes_something_is_known_here():
    assert {probe for probe in PROBES if probe[1] != "GET"} == OF_DATA | MANAGED.keys()


@pytest.mark.parametrize(
    ("method", "path", "body", "action"),
    [
        ("DELETE", "/visitors/v1", None, "visitor.erased"),
        ("POST", "/visitors/v1/merge", {"into": "v2"}, "visitor.merged"),
    ],
)
def test_a_key_that_manages_is_named(client, shop, method, path, body, action):
    key = services.issue_key(shop=shop, kind="sk")
    record_events(shop=shop, raw=[event()])
    assert ApiClient(client, key.plain).request(method, path, body).status_code == 200
    entry = AuditEntry.objects.get(shop=shop)
    assert (entry.action, entry.actor_label) == (action, key.record.prefix)
    assert "v1" not in str(entry.detail) + entry.subject
