"""The OpenAPI document as people read it: operations by what they are about, their fields, and a call to copy."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from dashboard.api.views.document import document

Schema = dict[str, Any]

MAX_DEPTH = 3
ENUM_SHOWN = 8
_SAMPLES = {
    "visitor_id": "v-1842",
    "item_id": "mug-7",
    "event_id": "0198f2c4-view-1",
    "type": "view_item",
    "placement": "home",
    "slug": "home",
    "into": "customer-77",
}


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body; `depth` counts from 0. `kind` is its type and limits in words."""

    name: str
    kind: str
    is_required: bool
    meaning: str
    depth: int = 0


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    key: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: list[Field]
    body: list[Field]
    answer_status: str
    answer: list[Field]
    example: str


@dataclass(frozen=True)
class Chapter:
    """The operations about one thing."""

    name: str
    operations: list[Operation]


@cache
def chapters() -> list[Chapter]:
    """All operations, in the order of the document."""
    whole = json.loads(document())
    found: dict[str, list[Operation]] = {}
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            found.setdefault(tag, []).append(_operation(whole, path, method.upper(), operation))
    return [Chapter(name, operations) for name, operations in found.items()]


def _operation(whole: Schema, path: str, method: str, operation: Schema) -> Operation:
    body = _body_schema(operation)
    status = next((code for code in operation["responses"] if code.startswith("2")), "")
    description = operation.get("description", "")
    scopes = [scope for scheme in operation.get("security", []) for scope in scheme.get("key", [])]
    return Operation(
        key=operation["operationId"],
        method=method,
        path=path,
        summary=operation.get("summary", ""),
        description="" if description.startswith("`") else description,  # a docstring that only names the address
        scope=scopes[0] if scopes else "",
        parameters=[_parameter(whole, entry) for entry in operation.get("parameters", [])],
        body=list(_fields(whole, body)) if body else [],
        answer_status=status,
        answer=list(_fields(whole, _answer_schema(operation, status))),
        example=_example(whole, path, method, body),
    )


def _body_schema(operation: Schema) -> Schema | None:
    content = operation.get("requestBody", {}).get("content", {})
    found: Schema | None = content.get("application/json", {}).get("schema")
    return found


def _answer_schema(operation: Schema, status: str) -> Schema:
    content = operation["responses"].get(status, {}).get("content", {})
    return next((entry.get("schema", {}) for entry in content.values()), {})


def _parameter(whole: Schema, entry: Schema) -> Field:
    where = {"query": "", "path": "in the address, ", "header": "header, "}[entry["in"]]
    kind = where + _kind(whole, entry["schema"])
    return Field(entry["name"], kind, entry.get("required", False), entry.get("description", ""))


def _resolved(whole: Schema, schema: Schema) -> Schema:
    """What a reference leads to; of several forms the first that is not null."""
    while True:
        forms = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[-1]
            schema = {**whole["components"]["schemas"][name], **{k: v for k, v in schema.items() if k != "$ref"}}
        elif forms:
            chosen: Schema = next((form for form in forms if form.get("type") != "null"), {})
            schema = {**chosen, **{k: v for k, v in schema.items() if k not in ("anyOf", "oneOf", "allOf")}}
        else:
            return schema


def _fields(whole: Schema, schema: Schema, depth: int = 0) -> Iterator[Field]:
    schema = _resolved(whole, schema)
    if schema.get("type") == "array":
        yield from _fields(whole, schema.get("items", {}), depth)
        return
    for name, entry in schema.get("properties", {}).items():
        inner = _resolved(whole, entry)
        meaning = entry.get("description") or ("" if "$ref" in entry else inner.get("description", ""))
        yield Field(name, _kind(whole, entry), name in schema.get("required", []), meaning, depth)
        if depth + 1 < MAX_DEPTH:
            yield from _fields(whole, inner, depth + 1)


def _kind(whole: Schema, schema: Schema) -> str:
    """“text, at most 255 characters”, “one of: a, b”, “list of at most 50 texts” …"""
    schema = _resolved(whole, schema)
    if values := schema.get("enum"):
        more = f" and {len(values) - ENUM_SHOWN} more" if len(values) > ENUM_SHOWN else ""
        return "one of: " + ", ".join(str(value) for value in values[:ENUM_SHOWN]) + more
    kind = schema.get("type", "")
    if kind == "array":
        items = _resolved(whole, schema.get("items", {})).get("type", "")
        most = f"at most {schema['maxItems']:,} " if "maxItems" in schema else ""
        return f"list of {most}{_PLURALS.get(items, 'values')}"
    words = _WORDS.get(kind if isinstance(kind, str) else "", "any value")
    return words + "".join(f", {limit}" for limit in _limits(schema))


_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
}
_PLURALS = {"string": "texts", "integer": "whole numbers", "number": "numbers", "object": "objects"}


def _limits(schema: Schema) -> Iterator[str]:
    if "maxLength" in schema:
        yield f"at most {schema['maxLength']:,} characters"
    if "minimum" in schema and "maximum" in schema:
        yield f"{schema['minimum']:,} to {schema['maximum']:,}"
    if schema.get("format") == "date-time":
        yield "RFC 3339"


def _example(whole: Schema, path: str, method: str, body: Schema | None) -> str:
    """A call for a terminal, with what has to be sent and no more."""
    address = re.sub(r"\{(\w+)\}", lambda found: _SAMPLES.get(found[1], "1"), path)
    lines = [f"curl -X {method} https://YOUR-FORAGE{address}", '  -H "Authorization: Bearer $FORAGE_KEY"']
    if body is not None:
        lines += ['  -H "Content-Type: application/json"', f"  -d '{json.dumps(_sample(whole, body))}'"]
    return " \\\n".join(lines)


def _sample(whole: Schema, schema: Schema, name: str = "") -> Any:
    schema = _resolved(whole, schema)
    if name in _SAMPLES:
        return _SAMPLES[name]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [_sample(whole, schema.get("items", {}))]
    if schema.get("type") == "object" or "properties" in schema:
        known, required = schema.get("properties", {}), schema.get("required", [])
        return {key: _sample(whole, known[key], key) for key in known if key in required or key in _SAMPLES}
    return {"integer": 1, "number": 1.0, "boolean": True}.get(schema.get("type", ""), "text")
