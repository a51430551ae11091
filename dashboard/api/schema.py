"""The OpenAPI document: the forms of events and items out of the code that checks them, and errors for every answer."""

import re
from typing import Any

import msgspec
from django.urls import resolve
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from dashboard.api.scopes import SCOPE_OF
from dashboard.catalog.payload import ItemBatch, ItemChange
from dashboard.events.payload import EventBatch

Document = dict[str, Any]

_REF = "#/components/schemas/{name}"
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "fields": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        }
    },
}
_ERRORS = {
    "400": "Something of the request needs another value; `fields` names it.",
    "401": "The key is missing, unknown, revoked or expired.",
    "403": "This key may not do this, lacks the scope (`security` names it), or not from this origin.",
    "404": "There is no such object in this shop.",
    "405": "This address knows no such method.",
    "411": "The body comes in chunks; send it with its Content-Length.",
    "413": "More than 500 of a batch, or more than 1 MiB.",
    "415": "Send application/json.",
    "429": "More requests a minute than this key may send; try again after Retry-After seconds.",
    "503": "A service that this needs does not answer; try again after Retry-After seconds.",
}


_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait, one at least.", "schema": {"type": "integer", "minimum": 1}}
}


def sent_by_browsers(made_up: str) -> list[OpenApiParameter]:
    """Parameters of a route that pages call. `made_up`: what the simulator's mark says of what comes of it."""
    return [
        OpenApiParameter("key", OpenApiTypes.STR, description="A publishable key, in place of the header."),
        OpenApiParameter(
            "X-Forage-Simulated",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            enum=["0", "1"],
            description=f"1 marks {made_up} as made up by a simulator; needs the secret key.",
        ),
    ]


def body_of(name: str, *media_types: str) -> Document:
    """For `extend_schema(request=…)`: a body that msgspec checks, by the name of its Struct."""
    return {media_type: {"$ref": _REF.format(name=name)} for media_type in media_types or ("application/json",)}


def complete(result: Document, generator: Any, request: Any, public: bool) -> Document:
    """drf-spectacular's hook: add the Structs' forms and what every operation may answer."""
    _, structs = msgspec.json.schema_components([EventBatch, ItemBatch, ItemChange], ref_template=_REF)
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {**structs, "Error": _ERROR}
    for address, path in result.get("paths", {}).items():
        for operation in path.values():
            _add_scope(address, operation)
            _add_errors(operation["responses"])
            if body := operation.get("requestBody"):
                body["required"] = True
    return result


def _add_scope(address: str, operation: Document) -> None:
    """The scope that a key needs, as OpenAPI 3.1 has it: the roles of the security scheme."""
    scope = SCOPE_OF.get(str(resolve(re.sub(r"\{\w+\}", "1", address)).url_name))
    if scope:
        operation["security"] = [{"key": [scope]}]


def _add_errors(responses: Document) -> None:
    for status, description in _ERRORS.items():
        answer = responses.setdefault(status, {"description": description})
        if status in ("429", "503"):
            answer["headers"] = _RETRY_AFTER
    for status, answer in responses.items():
        if status >= "400" and not answer.get("content"):
            answer["content"] = {"application/json": {"schema": {"$ref": _REF.format(name="Error")}}}
