"""The register: what experiments that have ended changed, and what they add up to."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.permissions import HasSecretKey
from dashboard.api.queries import ShopView
from dashboard.api.serializers import StrictSerializer
from dashboard.api.views.experiment_outputs import ExperimentOutput
from dashboard.experiments.selectors import Entry, Register, register_of
from dashboard.experiments.verdict_kinds import KINDS

Range = tuple[float, float] | None


class RegisterQuery(StrictSerializer):
    """`tag`: only experiments that have it; left out, all."""

    tag = serializers.CharField(required=False, max_length=30)


class ChangeOutput(serializers.Serializer[Any]):
    """A relative change, and the range of plausible values (95%)."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class PredictionOutput(serializers.Serializer[Any]):
    """Clicks per slate as estimated before the start, and as they came. `held`: both ranges have something in
    common; null like `realised` where too little was measured."""

    predicted = ChangeOutput()
    realised = ChangeOutput(allow_null=True)
    held = serializers.BooleanField(allow_null=True)


class RegisterEntryOutput(serializers.Serializer[Any]):
    """An experiment that has ended. `variant`: the one that was published, else the one that led; `measured`: its
    change of the deciding metric with the always-valid interval; `shrunk`: toward no change, as it is best believed.
    Both are null where too little was measured, `shrunk` also of an A/A test. `verdict` is empty where none was given.
    """

    experiment = ExperimentOutput()
    tags = serializers.ListField(child=serializers.CharField())
    archived_at = serializers.DateTimeField(allow_null=True)
    verdict = serializers.ChoiceField(choices=list(KINDS), allow_blank=True)
    visitors = serializers.IntegerField()
    variant = serializers.CharField()
    measured = ChangeOutput(allow_null=True)
    shrunk = ChangeOutput(allow_null=True)
    prediction = PredictionOutput(allow_null=True)


class TotalOutput(serializers.Serializer[Any]):
    """What `published` experiments changed a metric by, one upon the other; `measured`: the same without shrinkage."""

    metric = serializers.CharField()
    published = serializers.IntegerField()
    change = ChangeOutput()
    measured = serializers.FloatField()


class RegisterOutput(serializers.Serializer[Any]):
    """`experiments` of the tag that is asked for, newest first; all else is of all. Of `predictions` that could be held
    against what came, `predictions_held` did."""

    ended = serializers.IntegerField()
    published = serializers.IntegerField()
    predictions = serializers.IntegerField()
    predictions_held = serializers.IntegerField()
    tags = serializers.ListField(child=serializers.CharField())
    totals = TotalOutput(many=True)
    experiments = RegisterEntryOutput(many=True)


class ExperimentRegister(ShopView):
    """`GET /experiments/register`."""

    permission_classes = [HasSecretKey]
    query = {"get": RegisterQuery}

    @extend_schema(
        operation_id="experiment_register",
        summary="What experiments that have ended changed, one by one and together",
        parameters=[RegisterQuery],
        responses=RegisterOutput,
    )
    def get(self, request: Request) -> Response:
        register = register_of(request.shop, tag=self.asked(request).get("tag", ""))
        return Response(RegisterOutput(_register(register)).data)


def _register(register: Register) -> dict[str, Any]:
    return {
        "ended": register.ended,
        "published": register.published,
        "predictions": len(register.predicted),
        "predictions_held": register.held,
        "tags": register.tags,
        "totals": [
            {
                "metric": total.metric.key,
                "published": total.shipped,
                "change": _change(total.change, total.interval),
                "measured": total.unshrunk,
            }
            for total in register.totals
        ],
        "experiments": [_entry(entry) for entry in register.entries],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    experiment, summary, said = entry.experiment, entry.summary, entry.prediction
    return {
        "experiment": experiment,
        "tags": experiment.tags,
        "archived_at": experiment.archived_at,
        "verdict": experiment.verdict,
        "visitors": summary.visitors,
        "variant": summary.variant,
        "measured": _change(summary.primary.lift, summary.primary.interval),
        "shrunk": _change(entry.shrunk.value if entry.shrunk else None, entry.shrunk_interval),
        "prediction": said
        and {
            "predicted": _change(said.change, said.interval),
            "realised": _change(said.realised, said.realised_interval),
            "held": said.held,
        },
    }


def _change(value: float | None, interval: Range) -> dict[str, float] | None:
    if value is None or interval is None:
        return None
    return {"value": value, "low": interval[0], "high": interval[1]}
