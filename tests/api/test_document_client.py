"""A client that knows nothing but the OpenAPI document: it finds addresses, makes bodies and checks answers from it."""

import json
from urllib.parse import quote, urlencode

import jsonschema
import pytest

from dashboard.accounts.services import issue_key
from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.experiments.models import OwnMetric
from dashboard.exports.schedules import schedule_export
from dashboard.exports.services import request_export, run_export
from dashboard.policies.models import Policy
from dashboard.training.models import Artifact, Run
from dashboard.webhooks.models import Endpoint
from tests.browser.seed import seed_shop
from tests.browser.seed_audiences import AUDIENCE_ID
from tests.browser.seed_experiments import EXPERIMENT_ID

DAILY = {"period": "daily", "form": "csv", "kept": 3}

pytestmark = pytest.mark.django_db


class DocumentClient:
    """`call(operation_id, **known)`: required fields are made up from their schemas, except what is `known`."""

    def __init__(self, client, key):
        self.client, self.key = client, key
        self.document = client.get("/api/v1/schema").json()
        self.operations = {
            operation["operationId"]: (method, path, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        }

    def call(self, operation_id, **known):
        method, path, operation = self.operations[operation_id]
        query = {}
        for parameter in operation.get("parameters", []):
            if parameter.get("required"):
                value = known.pop(parameter["name"], None) or self._made_up(parameter["schema"])
                path = path.replace("{" + parameter["name"] + "}", quote(str(value), safe=""))
                query |= {parameter["name"]: value} if parameter["in"] == "query" else {}
        body = self._body(operation, known)
        response = self.client.generic(
            method,
            f"{path}?{urlencode(query)}" if query else path,
            body,
            content_type="application/json",
            headers={"Authorization": self._authorization(operation)},
        )
        return response.status_code, self._checked(operation, response)

    def _authorization(self, operation):
        (scheme,) = operation["security"][0]
        assert self.document["components"]["securitySchemes"][scheme]["scheme"] == "bearer"
        return f"Bearer {self.key}"

    def _body(self, operation, known):
        if "requestBody" not in operation:
            return ""
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        return json.dumps({**self._made_up(schema), **known})

    def _checked(self, operation, response):
        """The answer, after its status and its form were found in the document."""
        documented = operation["responses"][str(response.status_code)]
        if response.status_code == 204:
            return None
        media_type = response["Content-Type"].partition(";")[0]
        form = documented["content"][media_type]
        if media_type != "application/json":
            return b"".join(response) if response.streaming else response.content
        schema = {**form["schema"], "components": self.document["components"]}
        answer = response.json()
        jsonschema.validate(answer, schema, cls=jsonschema.Draft202012Validator)
        return answer

    def _made_up(self, schema):
        """The least that the schema asks for."""
        if reference := schema.get("$ref"):
            return self._made_up(self.document["components"]["schemas"][reference.rpartition("/")[2]])
        if "enum" in schema:
            return schema["enum"][0]
        if variants := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            return self._made_up(variants[0])
        kind = schema.get("type")
        if kind == "object":
            wanted = schema.get("required", [])
            return {name: self._made_up(schema["properties"][name]) for name in wanted}
        return {"array": [], "string": "thing-1", "integer": 1, "number": 1, "boolean": False}[kind]


@pytest.fixture
def api(client, shop):
    return DocumentClient(client, issue_key(shop=shop, kind="sk").plain)


def test_the_main_flow_works_from_the_document_alone(api):
    items = [api._made_up({"$ref": "ItemRecord"}) | {"item_id": f"mug-{n}", "title": f"Mug {n}"} for n in range(3)]
    assert api.call("send_items", items=items)[1]["accepted"] == 3
    assert api.call("read_item", item_id="mug-1")[1]["title"] == "Mug 1"

    viewed = api._made_up({"$ref": "Event"}) | {"type": "view_item", "visitor_id": "v-1", "item_id": "mug-1"}
    assert api.call("send_events", events=[viewed | {"event_id": "e-1"}])[1]["accepted"] == 1

    status, slate = api.call("recommend", placement="home", visitor_id="v-1", n=2)
    assert (status, len(slate["items"])) == (200, 2)
    seen = [{"item_id": item["item_id"]} for item in slate["items"]]
    shown = {"event_id": "e-2", "type": "view_item_list", "items": seen, "item_id": None}
    answer = api.call("send_events", events=[viewed | shown | {"recommendation_id": slate["recommendation_id"]}])[1]
    assert answer == {"accepted": 1, "duplicates": 0, "rejected": []}

    assert api.call("similar_items", item_id="mug-1")[0] == 200
    assert api.call("get_visitor", visitor_id="v-1")[1]["interactions"] == 1
    export = api.call("export_visitor", visitor_id="v-1")[1]
    assert [len(export[name]) for name in ("interactions", "impressions", "exposures")] == [1, 2, 1]
    assert api.call("erase_visitor", visitor_id="v-1")[1]["interactions"] == 1
    assert api.call("erase_visitor", visitor_id="v-1")[0] == 404


def test_every_operation_can_be_called_from_the_document_alone(api):
    """Whatever it answers, the document has that answer."""
    for operation_id in api.operations:
        status, _ = api.call(operation_id)
        assert status < 500, operation_id


@pytest.fixture
def export(shop, settings, tmp_path, monkeypatch):
    """A list that a worker has written."""
    settings.ARTIFACT_STORE, settings.DATA_DIR = str(tmp_path / "store"), tmp_path / "data"
    monkeypatch.setattr("dashboard.core.jobs._send", lambda *job: None)
    made = request_export(shop=shop, kind="items", form="jsonl", by="somebody")
    run_export(export_id=made.pk)
    return made


def test_every_answer_that_shows_something_has_the_form_of_the_document(api, shop, owner, export):
    seed_shop(shop)
    known = {
        "item_id": Item.objects.filter(shop=shop).first().item_id,
        "visitor_id": "visitor-3",
        "number": 1,
        "run_id": Run.objects.filter(shop=shop).first().pk,
        "artifact_id": Artifact.objects.filter(shop=shop).first().pk,
        "experiment_id": EXPERIMENT_ID,
        "audience_id": AUDIENCE_ID,
        "own_id": OwnMetric.objects.create(shop=shop, name="Sum", event_type="purchase", aggregation="sum").pk,
        "export_id": export.pk,
        "policy_id": Policy.objects.filter(placement__shop=shop).first().pk,
        "endpoint_id": Endpoint.objects.create(shop=shop, url="https://crm.example", salt="s", due_at=clock.now()).pk,
        "schedule_id": schedule_export(shop=shop, audience_id=AUDIENCE_ID, **DAILY, actor=owner).pk,
        "slug": "home",
        "placement": "home",
    }
    shown = {}
    for operation_id, (method, _, operation) in api.operations.items():
        if method == "get":
            required = {entry["name"] for entry in operation.get("parameters", ()) if entry.get("required")}
            ids = {name: value for name, value in known.items() if name in required}
            shown[operation_id] = api.call(operation_id, **ids)[0]
    assert set(shown.values()) == {200}, shown
