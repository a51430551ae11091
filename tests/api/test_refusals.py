"""Every way to be refused, of every operation: the document has the status, and the answer has the form it says."""

import json
from collections import defaultdict

import jsonschema
import pytest

from dashboard.accounts.services import issue_key

pytestmark = pytest.mark.django_db
LARGE = json.dumps({"events": [{"event_id": "x" * 1_200_000}]})


@pytest.fixture
def keys(shop):
    return {
        "secret": issue_key(shop=shop, kind="sk").plain,
        "publishable": issue_key(shop=shop, kind="pk").plain,
        "of events alone": issue_key(shop=shop, kind="sk", scopes=["events"]).plain,
        "of segments alone": issue_key(shop=shop, kind="sk", scopes=["segments"]).plain,
        "made up": "sk_nothing",
    }


@pytest.fixture
def fields():
    """What the last answer named."""
    return {}


@pytest.fixture
def refused(client, keys, fields):
    """`refused(path, method, operation, key=…, body=…) -> status` after the answer was found in the document."""
    document = client.get("/api/v1/schema").json()

    def ask(path, method, key="secret", body="{}", query="", content_type="application/json"):
        things = ("run", "artifact", "experiment", "export", "policy", "audience", "endpoint", "own", "schedule")
        numbers = dict.fromkeys(["number", *(f"{thing}_id" for thing in things)], 77)
        address = path.format(item_id="none", visitor_id="none", slug="none", **numbers)
        headers = {"Authorization": f"Bearer {keys[key]}"} if key else {}
        answer = client.generic(method, address + query, body, content_type=content_type, headers=headers)
        assert answer.status_code < 500
        fields.clear()
        if answer.status_code >= 400:
            told = document["paths"][path][method]["responses"][str(answer.status_code)]["content"]["application/json"]
            jsonschema.validate(answer.json(), {**told["schema"], "components": document["components"]})
            assert answer.json()["error"].keys() <= {"code", "message", "fields"}
            fields.update(answer.json()["error"].get("fields", {}))
        return answer.status_code

    operations = [(path, method) for path, methods in document["paths"].items() for method in methods]
    return operations, ask


ATTEMPTS = {
    "no key": {"key": ""},
    "a key that was never made": {"key": "made up"},
    "the publishable key": {"key": "publishable"},
    "a scope that lacks": {"key": "of segments alone"},
    "another scope that lacks": {"key": "of events alone"},
    "an unknown parameter": {"query": "?nonsense=1"},
    "an unknown field": {"body": '{"nonsense": 1}'},
    "no JSON": {"body": "{"},
    "a list": {"body": "[]"},
    "another type": {"content_type": "application/xml", "body": "<a/>"},
    "too much": {"body": LARGE},
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_every_refusal_of_every_operation_is_in_the_document(refused, attempt):
    operations, ask = refused
    for path, method in operations:
        ask(path, method, **ATTEMPTS[attempt])


def test_a_parameter_that_no_operation_knows_is_named_by_each(refused, fields):
    operations, ask = refused
    for path, method in operations:
        assert (ask(path, method, query="?nonsense=1"), "nonsense" in fields) == (400, True), (path, method)


def test_the_refusals_are_those_that_were_meant(refused):
    operations, ask = refused
    found = defaultdict(set)
    for path, method in operations:
        for attempt in ("no key", "a key that was never made"):
            found[attempt].add(ask(path, method, **ATTEMPTS[attempt]))
        if "{" in path and method in ("get", "delete") and "visitors/{visitor_id}/" not in path:
            found["nothing there"].add(ask(path, method, body=""))
        if method == "post" and "{" not in path:
            for attempt in ("an unknown field", "no JSON", "a list", "another type", "too much"):
                found[attempt].add(ask(path, method, **ATTEMPTS[attempt]))
    assert found == {
        "no key": {401},
        "a key that was never made": {401},
        "nothing there": {404},
        "an unknown field": {400},
        "no JSON": {400},
        "a list": {400},
        "another type": {400, 415},  # events and slates are read as JSON whatever they are called: beacons say text
        "too much": {413},
    }
