"""The OpenAPI document: valid, and true to what the API answers."""

import re

import jsonschema
import pytest
import schemathesis
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from dashboard.accounts.services import issue_key
from tests.http_host import application_of_this_process

#: Keys that open nothing have tests of their own, and the check cannot tell our key from one it made up; a document
#: cannot say that NUL characters are refused.
NOT_OURS = [ignored_auth, positive_data_acceptance]


@pytest.fixture
def document(client):
    return client.get("/api/v1/schema").json()


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    validate_schema(document)


def test_forms_of_events_and_items_come_from_the_code_that_checks_them(document):
    schemas = document["components"]["schemas"]
    assert schemas["Event"]["required"] == ["event_id", "type", "visitor_id"]
    assert schemas["Event"]["additionalProperties"] is False
    assert "detail-page-view" in schemas["Event"]["properties"]["type"]["enum"]
    assert schemas["ItemRecord"]["required"] == ["item_id"]


def schemas_within(part):
    """Every schema of a part of the document, however deep."""
    if isinstance(part, dict):
        if "type" in part or "enum" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from schemas_within(each)


def test_what_is_taken_for_left_out_values_fits_their_schemas(document):
    """Validators that look at defaults refuse a document otherwise, and clients that send them are refused."""
    for schema in schemas_within(document):
        if "default" in schema:
            jsonschema.validate(schema["default"], {key: schema[key] for key in schema.keys() - {"$ref"}})


def test_a_generated_client_can_tell_the_names_of_every_choice_apart(document):
    """Generators make constants of them: add_to_cart and add-to-cart would be one, if they were not named."""
    for schema in schemas_within(document):
        if {type(value) for value in schema.get("enum", [])} == {str}:
            constants = schema.get("x-enum-varnames") or [re.sub(r"\W", "_", value).upper() for value in schema["enum"]]
            assert len(set(constants)) == len(schema["enum"]), schema["enum"]
            assert all(constant.isidentifier() for constant in constants if schema.get("x-enum-varnames"))


def test_operations_are_named_by_people(document):
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert [name for name in names if re.search(r"_(retrieve|create|list|update|destroy)(_\d+)?$", name)] == []


def test_every_operation_says_what_it_is_for_and_how_it_may_fail(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), f"{method} {path} has no summary"
            assert {"401", "429", "503"} <= set(operation["responses"]), f"{method} {path}"


@pytest.mark.django_db
def test_whatever_comes_in_the_answers_are_those_of_the_document(shop, connection_kept, subtests):
    _try_every_operation(shop, subtests, examples=6)


@pytest.mark.slow
@pytest.mark.django_db
def test_whatever_comes_in_the_answers_are_those_of_the_document_at_length(shop, connection_kept, subtests):
    _try_every_operation(shop, subtests, examples=200)


def _try_every_operation(shop, subtests, examples):
    key = issue_key(shop=shop, kind="sk").plain
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema", application_of_this_process())
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 20
    for operation in operations:
        with subtests.test(operation.label):
            _try(operation, key, examples)


def _try(operation, key, examples):
    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def each(case):
        response = case.call(headers={"Authorization": f"Bearer {key}"})
        assert response.status_code < 500
        case.validate_response(response, excluded_checks=NOT_OURS)

    each()


def test_the_document_is_made_once_and_sent_once(client, monkeypatch):
    first = client.get("/api/v1/schema")
    assert first["Content-Type"] == "application/vnd.oai.openapi+json"
    monkeypatch.setattr("dashboard.api.views.document.SchemaGenerator", lambda: pytest.fail("made again"))
    assert client.get("/api/v1/schema").content == first.content
    again = client.get("/api/v1/schema", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
