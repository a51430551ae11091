"""Every route of the API with a probe that reaches for another shop's things: add a row when you add a route.

A probe is (path, body, statuses that are right). `{…}` in a path and a callable body are filled from the victim:
`item_id visitor_id event_id run_id artifact_id segment audience_id slug policy_id experiment_id export_id
endpoint_id schedule_id recommendation_id`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NOT_FOUND = {404}


@dataclass(frozen=True)
class Probe:
    """One attempt on another shop's things. Statuses other than 404 stand where the answer names nothing of theirs."""

    path: str
    body: Callable[[dict[str, Any]], Any] | None = None
    statuses: frozenset[int] | set[int] = frozenset(NOT_FOUND)


def _their_event(victim):
    return {"events": [{"type": "purchase", **{name: victim[name] for name in ("event_id", "visitor_id", "item_id")}}]}


PROBES: dict[tuple[str, str], Probe] = {
    ("events", "POST"): Probe("/events", _their_event, {202}),
    ("items", "GET"): Probe("/items?q={item_id}", statuses={200}),
    ("items", "POST"): Probe(
        "/items", lambda victim: {"items": [{"item_id": victim["item_id"], "title": "Mine now"}]}, {202}
    ),
    ("email-slates", "POST"): Probe("/email-slates", lambda victim: {"visitor_id": victim["visitor_id"]}, {201}),
    ("item-similar", "GET"): Probe("/items/{item_id}/similar"),
    ("recommendations", "POST"): Probe(
        "/recommendations",
        lambda victim: {"placement": "home", **{name: [victim["item_id"]] for name in ("context_items", "cart_items")}},
        {200},
    ),
    ("item", "GET"): Probe("/items/{item_id}"),
    ("item", "PATCH"): Probe("/items/{item_id}", lambda victim: {"title": "Mine now"}),
    ("item", "DELETE"): Probe("/items/{item_id}"),
    ("visitor-export", "GET"): Probe("/visitors/{visitor_id}/export"),
    ("visitor-merge", "POST"): Probe("/visitors/{visitor_id}/merge", lambda victim: {"into": "mine"}, {200}),
    ("visitor-why", "GET"): Probe("/visitors/{visitor_id}/why?placement=home"),
    ("visitor", "GET"): Probe("/visitors/{visitor_id}"),
    ("visitor", "PUT"): Probe("/visitors/{visitor_id}", lambda victim: {"attributes": {"mine": True}}, {200}),
    ("visitor", "DELETE"): Probe("/visitors/{visitor_id}"),
    ("visitor-by-query", "GET"): Probe("/visitors?visitor_id={visitor_id}"),
    ("exports", "GET"): Probe("/exports", statuses={200}),
    ("exports", "POST"): Probe("/exports", lambda victim: {"kind": "segment", "segment": victim["segment"]}),
    ("export", "GET"): Probe("/exports/{export_id}"),
    ("export-file", "GET"): Probe("/exports/{export_id}/file"),
    ("export-schedules", "GET"): Probe("/export-schedules", statuses={200}),
    ("export-schedules", "POST"): Probe(
        "/export-schedules", lambda victim: {"audience": victim["audience_id"], "period": "daily"}
    ),
    ("export-schedule", "GET"): Probe("/export-schedules/{schedule_id}"),
    ("export-schedule", "PATCH"): Probe("/export-schedules/{schedule_id}", lambda victim: {"kept": 2}),
    ("export-schedule", "DELETE"): Probe("/export-schedules/{schedule_id}"),
    ("export-schedule-run", "POST"): Probe("/export-schedules/{schedule_id}/run", lambda victim: {}),
    ("export-items", "GET"): Probe("/exports/items?after=~{item_id}", statuses={200}),
    ("export-interactions", "GET"): Probe("/exports/interactions", statuses={200}),
    ("export-segment", "GET"): Probe("/exports/segments/{segment}"),
    ("segments", "GET"): Probe("/segments", statuses={200}),
    ("segment", "GET"): Probe("/segments/{segment}"),
    ("segment-visitors", "GET"): Probe("/segments/{segment}/visitors"),
    ("audiences", "GET"): Probe("/audiences", statuses={200}),
    ("audiences", "POST"): Probe("/audiences", lambda victim: {"name": "their-audience", "expression": "new"}, {400}),
    ("audience", "GET"): Probe("/audiences/{audience_id}"),
    ("audience", "PATCH"): Probe("/audiences/{audience_id}", lambda victim: {"name": "Mine now"}),
    ("audience", "DELETE"): Probe("/audiences/{audience_id}"),
    ("audience-visitors", "GET"): Probe("/audiences/{audience_id}/visitors"),
    ("privacy", "GET"): Probe("/privacy", statuses={200}),
    ("privacy", "PATCH"): Probe("/privacy", lambda victim: {"shop": victim["shop"]}, {400}),
    ("webhooks", "GET"): Probe("/webhooks", statuses={200}),
    ("webhooks", "POST"): Probe(
        "/webhooks", lambda victim: {"url": "https://127.0.0.1/", "audiences": [victim["audience_id"]]}, {400}
    ),
    ("webhook", "GET"): Probe("/webhooks/{endpoint_id}"),
    ("webhook", "PATCH"): Probe("/webhooks/{endpoint_id}", lambda victim: {"paused": True}),
    ("webhook", "DELETE"): Probe("/webhooks/{endpoint_id}"),
    ("webhook-rotate", "POST"): Probe("/webhooks/{endpoint_id}/rotate", lambda victim: {}),
    ("webhook-test", "POST"): Probe("/webhooks/{endpoint_id}/test", lambda victim: {}),
    ("webhook-deliveries", "GET"): Probe("/webhooks/{endpoint_id}/deliveries"),
    ("webhook-replay", "POST"): Probe("/webhooks/{endpoint_id}/replay", lambda victim: {}),
    ("runs", "POST"): Probe("/runs", lambda victim: {"shop": victim["shop"], "preset": "fast"}, {400}),
    ("run", "GET"): Probe("/runs/{run_id}"),
    ("training-plan", "GET"): Probe("/training-plan", statuses={200}),
    ("training-plan", "PATCH"): Probe("/training-plan", lambda victim: {"shop": victim["shop"]}, {400}),
    ("artifacts", "GET"): Probe("/artifacts", statuses={200}),
    ("artifact-publish", "POST"): Probe("/artifacts/{artifact_id}/publish", lambda victim: {}),
    ("placements", "GET"): Probe("/placements", statuses={200}),
    ("placements", "POST"): Probe("/placements", lambda victim: {"slug": victim["slug"], "name": "Mine"}, {201}),
    ("placement", "GET"): Probe("/placements/{slug}"),
    ("placement", "PATCH"): Probe("/placements/{slug}", lambda victim: {"name": "Mine now"}),
    ("placement", "DELETE"): Probe("/placements/{slug}"),
    ("policy-estimate", "GET"): Probe("/policies/{policy_id}/estimate"),
    ("placement-policies", "GET"): Probe("/placements/{slug}/policies"),
    ("placement-policies", "POST"): Probe("/placements/{slug}/policies", lambda victim: {"knobs": {"novelty": 1}}),
    ("ledger", "GET"): Probe("/ledger?placement={slug}"),
    ("launches", "GET"): Probe("/launches", statuses={200}),
    ("placement-fairness", "GET"): Probe("/placements/{slug}/fairness"),
    ("placement-rules", "GET"): Probe("/placements/{slug}/rules"),
    ("policy-publish", "POST"): Probe("/policies/{policy_id}/publish", lambda victim: {}),
    ("experiments", "GET"): Probe("/experiments", statuses={200}),
    ("experiments", "POST"): Probe("/experiments", lambda victim: {"placement": "home", "policy": victim["policy_id"]}),
    ("experiment-register", "GET"): Probe("/experiments/register", statuses={200}),
    ("experiment", "GET"): Probe("/experiments/{experiment_id}"),
    ("own-metrics", "GET"): Probe("/experiments/metrics", statuses={200}),
    ("own-metrics", "POST"): Probe(
        "/experiments/metrics",
        lambda victim: {"name": "Mine", "event_type": "purchase", "aggregation": "sum"},
        {201},
    ),
    ("own-metric-preview", "POST"): Probe(
        "/experiments/metrics/preview", lambda victim: {"event_type": "purchase", "aggregation": "sum"}, {200}
    ),
    ("own-metric", "GET"): Probe("/experiments/metrics/{own_id}"),
    ("own-metric", "PATCH"): Probe("/experiments/metrics/{own_id}", lambda victim: {"name": "Mine now"}),
    ("own-metric", "DELETE"): Probe("/experiments/metrics/{own_id}"),
    ("experiment-start", "POST"): Probe("/experiments/{experiment_id}/start"),
    ("experiment-stop", "POST"): Probe("/experiments/{experiment_id}/stop", lambda victim: {}),
    ("experiment-ship", "POST"): Probe("/experiments/{experiment_id}/ship", lambda victim: {}),
    ("experiment-results", "GET"): Probe("/experiments/{experiment_id}/results"),
    ("experiment-assignments", "POST"): Probe(
        "/experiments/{experiment_id}/assignments", lambda victim: {"visitor_ids": [victim["visitor_id"]]}
    ),
    ("experiment-exposures", "POST"): Probe(
        "/experiments/{experiment_id}/exposures", lambda victim: {"exposures": [{"visitor_id": victim["visitor_id"]}]}
    ),
}
#: Routes that show nothing of any shop.
OPEN = {"schema", "docs", "none"}
