"""The audit trail in the words of a merchant: what was done, to what, and from which value to which."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.accounts.models import ApiKey, Membership
from dashboard.core.formats import UNKNOWN, date_and_time, number
from dashboard.core.knob_words import KNOB_WORDS

#: Every action that is recorded, by its name: a test finds one that is missing here.
ACTIONS: dict[str, Promise] = {
    "artifact.publish": gettext_lazy("published a model version"),
    "artifact.roll_back": gettext_lazy("went back to a model version"),
    "audience.archived": gettext_lazy("archived an audience"),
    "audience.changed": gettext_lazy("changed an audience"),
    "audience.created": gettext_lazy("made an audience"),
    "audience.exported": gettext_lazy("exported the visitors of an audience"),
    "bot.dismiss": gettext_lazy("counted a visitor as a person again"),
    "catalog.imported": gettext_lazy("imported a feed"),
    "catalog.missing_removed": gettext_lazy("took out items that a feed does not name"),
    "experiment.created": gettext_lazy("drafted an experiment"),
    "experiment.noted": gettext_lazy("noted what an experiment taught"),
    "experiment.ramped": gettext_lazy("took more visitors into an experiment"),
    "experiment.report_revoked": gettext_lazy("took back the links of a report"),
    "experiment.report_shared": gettext_lazy("made a link to the report of an experiment"),
    "experiment.shipped": gettext_lazy("published a variant of an experiment"),
    "experiment.start_failed": gettext_lazy("could not start an experiment at its time"),
    "experiment.started": gettext_lazy("started an experiment"),
    "experiment.stopped": gettext_lazy("stopped an experiment"),
    "export.fetched": gettext_lazy("fetched an export"),
    "export.requested": gettext_lazy("asked for an export"),
    "export.schedule_changed": gettext_lazy("changed the scheduled export of an audience"),
    "export.scheduled": gettext_lazy("scheduled an export of an audience"),
    "export.unscheduled": gettext_lazy("ended the scheduled export of an audience"),
    "feed.fetched": gettext_lazy("fetched a feed out of turn"),
    "feed.paused": gettext_lazy("paused a feed"),
    "feed.removed": gettext_lazy("removed a feed"),
    "feed.resumed": gettext_lazy("resumed a feed"),
    "feed.scheduled": gettext_lazy("scheduled a feed"),
    "import.requested": gettext_lazy("handed in a feed"),
    "item.corrected": gettext_lazy("corrected an item"),
    "item.merchandise_said": gettext_lazy("said whether an item is merchandise"),
    "key.issued": gettext_lazy("made a key"),
    "key.limited": gettext_lazy("changed the limit of a key"),
    "key.revoked": gettext_lazy("revoked a key"),
    "key.origin_allowed": gettext_lazy("allowed a key from one origin more"),
    "key.rotated": gettext_lazy("rotated a key"),
    "invitation.renewed": gettext_lazy("renewed an invitation"),
    "invitation.revoked": gettext_lazy("withdrew an invitation"),
    "member.invited": gettext_lazy("invited a person"),
    "member.joined": gettext_lazy("joined the team"),
    "member.removed": gettext_lazy("removed a person"),
    "member.role_changed": gettext_lazy("changed a role"),
    "metric.archived": gettext_lazy("archived a metric"),
    "metric.changed": gettext_lazy("changed a metric"),
    "metric.created": gettext_lazy("made a metric"),
    "draft.changed": gettext_lazy("changed the draft of a placement"),
    "draft.discarded": gettext_lazy("threw away the draft of a placement"),
    "placement.changed": gettext_lazy("changed the name or size of a placement"),
    "placement.created": gettext_lazy("added a placement"),
    "placement.deleted": gettext_lazy("removed a placement"),
    "policy.drafted": gettext_lazy("drafted a version of a placement"),
    "need.brought_back": gettext_lazy("brought back what was put off"),
    "need.put_off": gettext_lazy("put off what needs somebody"),
    "policy.published": gettext_lazy("changed a placement"),
    "privacy.changed": gettext_lazy("changed the privacy of groups"),
    "fair_trial.change": gettext_lazy("changed what a fair trial of a new item is"),
    "retention.change": gettext_lazy("changed how long events are kept"),
    "not_interested.changed": gettext_lazy("changed for how long “not interested” counts"),
    "retrain_plan.change": gettext_lazy("changed how models are trained"),
    "run.cancel": gettext_lazy("cancelled a training run"),
    "run.start": gettext_lazy("started a training run"),
    "segment.export": gettext_lazy("exported the visitors of a segment"),
    "segment.rename": gettext_lazy("renamed a segment"),
    "shop.changed": gettext_lazy("changed the shop"),
    "task.retried": gettext_lazy("had a failed task done again"),
    "visitor.erased": gettext_lazy("erased a visitor"),
    "visitor.exported": gettext_lazy("took all that is kept of a visitor"),
    "visitor.merged": gettext_lazy("merged two visitors"),
    "webhook.changed": gettext_lazy("changed the audiences of a webhook"),
    "webhook.created": gettext_lazy("added a webhook"),
    "webhook.paused": gettext_lazy("paused a webhook"),
    "webhook.removed": gettext_lazy("removed a webhook"),
    "webhook.replayed": gettext_lazy("had messages of a webhook sent again"),
    "webhook.resumed": gettext_lazy("let a webhook go on"),
    "webhook.rotated": gettext_lazy("rotated the secret of a webhook"),
    "webhook.tested": gettext_lazy("sent a test message to a webhook"),
}

_FIELDS: dict[str, Promise] = {
    "accepted": gettext_lazy("Accepted, though not ruled out"),
    "categories": gettext_lazy("Categories"),
    "counts_simulated": gettext_lazy("Simulated shoppers count"),
    "currency": gettext_lazy("Currency"),
    "days": gettext_lazy("Days"),
    "positions": gettext_lazy("Positions"),
    "expires_at": gettext_lazy("Expires"),
    "expression": gettext_lazy("Condition"),
    "form": gettext_lazy("Format"),
    "guard_limit": gettext_lazy("Worst change tolerated"),
    "hours": gettext_lazy("Hours between"),
    "is_archived": gettext_lazy("Archived"),
    "is_merchandise": gettext_lazy("Merchandise"),
    "items": gettext_lazy("Items"),
    "kept": gettext_lazy("Files to keep"),
    "kind": gettext_lazy("Kind"),
    "name": gettext_lazy("Name"),
    "note": gettext_lazy("Note"),
    "night_hour": gettext_lazy("Hour of the night's training"),
    "night_preset": gettext_lazy("How thoroughly by night"),
    "overrides": gettext_lazy("Overrides"),
    "period": gettext_lazy("How often"),
    "preset": gettext_lazy("Preset"),
    "refused": gettext_lazy("Refused rows"),
    "requests_per_minute": gettext_lazy("Requests a minute"),
    "retrains_nightly": gettext_lazy("Retrains every night"),
    "retrains_on_news": gettext_lazy("Retrains when much is new"),
    "role": gettext_lazy("Role"),
    "rows": gettext_lazy("Rows"),
    "rules": gettext_lazy("Rules"),
    "barred_attributes": gettext_lazy("Barred attributes"),
    "barred_names": gettext_lazy("Words that name no segment"),
    "scopes": gettext_lazy("Scopes"),
    "smallest_group": gettext_lazy("Smallest group"),
    "slate_size": gettext_lazy("Items in a slate"),
    "successor": gettext_lazy("Successor"),
    "tags": gettext_lazy("Tags"),
    "timezone": gettext_lazy("Time zone"),
    "title": gettext_lazy("Title"),
    "version": gettext_lazy("Version"),
    "weekly_day": gettext_lazy("Night of the week's training"),
    "weekly_preset": gettext_lazy("How thoroughly once a week"),
}
_PRESETS = {"fast": gettext_lazy("Fast"), "balanced": gettext_lazy("Balanced"), "best": gettext_lazy("Best")}
#: What publishing a variant risks.
_RISKS = {
    "split": gettext_lazy("uneven split"),
    "refund_rate": gettext_lazy("Refunds per order"),
    "out_of_stock_clicks": gettext_lazy("Clicks on items out of stock"),
    "slate_latency": gettext_lazy("Time to make a slate"),
    "fallback_share": gettext_lazy("Slates from a simpler list"),
    "click_through": gettext_lazy("Clicks per 1,000 slates"),
}
#: What fields hold as codes, in words.
_CODES: dict[str, Mapping[Any, Any]] = {
    "accepted": _RISKS,
    "kind": dict(ApiKey.Kind.choices),
    "night_preset": _PRESETS,
    "preset": _PRESETS,
    "role": dict(Membership.Role.choices),
    "scopes": dict(ApiKey.Scope.choices),
    "weekly_day": WEEKDAYS,
    "weekly_preset": _PRESETS,
}
_HIDDEN = {"changes", "before", "after", "by", "run", "experiment"}  # ids that say nothing to a person


@dataclass(frozen=True)
class Detail:
    """One field of an entry: `before` only where it changed."""

    label: str
    after: str
    before: str | None = None


def action_words(action: str) -> str:
    """An action that this version does not know is shown by its name."""
    return str(ACTIONS.get(action, action))


def details_of(detail: Mapping[str, Any]) -> list[Detail]:
    """What an entry says beyond its sentence: changes first."""
    return [*_changed(detail), *_facts(detail)]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """{field: [before, after]} of what differs; fields of nested mappings are named `outer.inner`."""
    flat_before, flat_after = dict(_flat(before)), dict(_flat(after))
    names = [*flat_before, *(name for name in flat_after if name not in flat_before)]
    pairs = {name: [flat_before.get(name), flat_after.get(name)] for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _changed(detail: Mapping[str, Any]) -> Iterator[Detail]:
    for name, (before, after) in detail.get("changes", {}).items():
        yield Detail(_label(name), _value(name, after), _value(name, before))
    if "before" in detail and "after" in detail:
        yield Detail("", _value("", detail["after"]), _value("", detail["before"]))


def _facts(detail: Mapping[str, Any]) -> Iterator[Detail]:
    for name, value in detail.items():
        if name not in _HIDDEN and value not in (None, "", [], {}):
            yield Detail(_label(name), _value(name, value))


def _label(name: str) -> str:
    return KNOB_WORDS[name].label if name in KNOB_WORDS else str(_FIELDS.get(name, name))


def _value(name: str, value: Any) -> str:
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):  # rows by kind
        return number(sum(each for each in value.values() if isinstance(each, int | float)))
    if isinstance(value, list):
        return ", ".join(str(_coded(name, each)) for each in value)
    value = _coded(name, value)
    if isinstance(value, int | float):
        return number(value, 0 if value == int(value) else 2)
    return _moment(value) if name.endswith("_at") else str(value)


def _coded(name: str, value: Any) -> Any:
    """What a code of that field means, and all else as it stands."""
    codes = _CODES.get(name)
    return codes.get(value, value) if codes and isinstance(value, str | int) else value


def _moment(text: str) -> str:
    try:
        return date_and_time(datetime.fromisoformat(text))
    except ValueError:
        return text
