"""The reference says of every operation what the OpenAPI document says, and its calls work as they stand."""

import json
import shlex

import pytest

from dashboard.api.reference import chapters
from dashboard.api.views.document import document
from tests.api.conftest import event

pytestmark = pytest.mark.django_db


def operations():
    return {operation.key: operation for chapter in chapters() for operation in chapter.operations}


def test_every_operation_of_the_document_has_its_entry():
    whole = json.loads(document())
    assert operations().keys() == {
        operation["operationId"] for methods in whole["paths"].values() for operation in methods.values()
    }


def test_fields_carry_their_limits_and_meanings_and_those_within_them():
    fields = {(field.name, field.depth): field for field in operations()["recommend"].body}
    assert fields["n", 0].kind == "whole number, 1 to 100"
    assert fields["context_items", 0].kind == "list of at most 50 texts"
    assert fields["cart_items", 0].meaning == "Items in the cart; they and their variants are left out."
    assert {("placement", 0), ("placement", 1), ("where", 1)} <= fields.keys()


def test_what_is_required_is_marked():
    fields = {field.name: field for field in operations()["send_events"].body}
    assert fields["event_id"].is_required
    assert not fields["session_id"].is_required


@pytest.mark.parametrize(("key", "status"), [("recommend", 200), ("send_events", 202), ("send_items", 202)])
def test_the_calls_to_copy_are_answered(secret, key, status):
    operation = operations()[key]
    words = shlex.split(operation.example.replace("\\\n", " "))
    body = json.loads(words[words.index("-d") + 1])
    answer = secret.request(operation.method, operation.path.removeprefix("/api/v1"), body)
    assert answer.status_code == status, answer.content
    assert not answer.json().get("rejected")


def test_a_stranger_may_read_it(client):
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    assert "Ask for a slate" in page.content.decode()
    assert event()["type"] in page.content.decode()
