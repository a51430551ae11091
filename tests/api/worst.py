"""The worst that may be sent to a route of the API: for every field that OpenAPI names, the values that cost most where
nobody looks at their size first. A new route or field is found by itself."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

MIB = 1024 * 1024
ROOM = 4096  # of a whole body, for what stands around the value
MEMBERS = 19_000  # as many as pass the first look at a body's size
HERE = "<here>"
LONG = 60_000  # characters of an address or a header that servers let through

Schema = dict[str, Any]


@dataclass(frozen=True)
class Attack:
    """One request: its body is `frame` with a value of `worst_values` where it says `HERE`, as gzip: a KiB of it is a
    MiB of JSON."""

    name: str
    method: str
    path: str
    frame: str = ""
    value: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return self.frame.encode().replace(json.dumps(HERE).encode(), worst_values()[self.value], 1)

    def send(self, client: Any, key: str | None) -> Any:
        headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **self.headers}
        if not self.frame:
            return client.generic(self.method, self.path, headers=headers)
        packed, headers = gzip.compress(self.body, 1), {"Content-Encoding": "gzip", **headers}
        return client.generic(self.method, self.path, packed, content_type="application/json", headers=headers)


def attacks(document: Schema, things: dict[str, Any]) -> Iterator[Attack]:
    """Every attack on every route of an OpenAPI document; `things` fill its paths."""
    for pattern, operations in document["paths"].items():
        for method, operation in operations.items():
            path = pattern.format(**things)
            yield from _on_body(document, method.upper(), path, operation)
            yield from _on_address(method.upper(), pattern, path, things, operation)
            yield from _on_headers(method.upper(), path)


def _on_body(document: Schema, method: str, path: str, operation: Schema) -> Iterator[Attack]:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return
    schema = _resolved(document, content["application/json"]["schema"])
    for place, sample in [(("the body",), HERE), *_places(document, schema)]:
        for name in worst_values():
            yield Attack(f"{'.'.join(map(str, place))} is {name}", method, path, json.dumps(sample), name)


def _on_address(method: str, pattern: str, path: str, things: dict[str, Any], operation: Schema) -> Iterator[Attack]:
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        if parameter["in"] == "path":
            yield Attack(f"a long {name}", method, pattern.format(**{**things, name: "9" * LONG}))
        if parameter["in"] == "query":
            for worst, text in {"long": "9" * LONG, "escaped": "%F0%9F%98%80" * (LONG // 12)}.items():
                yield Attack(f"?{name}= is {worst}", method, f"{path}?{name}={text}")
            yield Attack(f"?{name}= comes often", method, f"{path}?{'&'.join([f'{name}=1'] * 900)}")
    yield Attack("many parameters", method, f"{path}?{'&'.join(f'a{number}=1' for number in range(900))}")
    yield Attack("more parameters than are read", method, f"{path}?{'&' * LONG}")


def _on_headers(method: str, path: str) -> Iterator[Attack]:
    worst = {
        "Accept": "a/b;q=0.5," * (LONG // 10),
        "Accept-Language": "en-gb;q=0.5," * (LONG // 12),
        "Content-Type": "application/json; charset=punycode; " + "a=b;" * (LONG // 4),
        "Cookie": "a=b;" * (LONG // 4),
        "If-None-Match": '"a",' * (LONG // 4),
        "Origin": "https://" + "a" * LONG,
        "User-Agent": "bo" * (LONG // 2),
        "X-Forwarded-For": "1.2.3.4," * (LONG // 8),
        "X-Request-ID": "a" * LONG,
    }
    for name, value in worst.items():
        yield Attack(f"a long {name}", method, path, headers={name: value})


@cache
def worst_values() -> dict[str, bytes]:
    """JSON by name."""
    whole = MIB - ROOM
    names = [b'"%06x":1' % number for number in range(MEMBERS)]
    return {
        "many empty texts": _listed([b'""'] * MEMBERS),
        "many empty objects": _listed([b"{}"] * MEMBERS),
        "a MiB of empty objects": _listed([b"{}"] * (whole // 3)),
        "an object of many names": b"{" + b",".join(names) + b"}",
        "different texts": _listed([b'"%06x"' % number for number in range(whole // 9)]),
        "a long text": b'"' + b"a" * (MIB // 2 - ROOM) + b'"',
        "a MiB of wide text": '"😀'.encode() + b"a" * (whole - 8) + b'"',
        "a MiB of half characters": b'"' + rb"\ud83d" * (whole // 6) + b'"',
        "a long number": b"9" * whole,
        "a high power": b"1e" + b"9" * 4000,
        "a text of digits": b'"' + b"9" * 30_000 + b'"',
        "a deep list": b"[" * (whole // 2) + b"]" * (whole // 2),
    }


def _listed(members: list[bytes]) -> bytes:
    return b"[" + b",".join(members) + b"]"


def _places(document: Schema, schema: Schema) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every field below a schema, with a sample of the whole in which `HERE` stands for it."""
    kind = schema.get("type")
    if kind == "array":
        yield from _below(document, [None], 0, _resolved(document, schema["items"]))
    if kind == "object" or "properties" in schema:
        required = {name: _sample(document, schema["properties"][name]) for name in schema.get("required", [])}
        for name, part in schema.get("properties", {}).items():
            yield from _below(document, required, name, _resolved(document, part))
        yield ("a new name",), {**required, "new": HERE}


def _below(document: Schema, whole: Any, name: str | int, part: Schema) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for place, sample in [((), HERE), *_places(document, part)]:
        yield (name, *place), [sample] if isinstance(whole, list) else {**whole, name: sample}


def _sample(document: Schema, schema: Schema) -> Any:
    schema = _resolved(document, schema)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object" or "properties" in schema:
        return {name: _sample(document, schema["properties"][name]) for name in schema.get("required", [])}
    samples = {"string": "a", "integer": 1, "number": 1.5, "boolean": True, "array": []}
    return samples.get(str(schema.get("type")), "a")


def _resolved(document: Schema, schema: Schema) -> Schema:
    """Through references, and through unions to their richest form."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            forms = [_resolved(document, form) for form in schema[union]]
            return max(forms, key=lambda form: (form.get("type") in ("object", "array"), "properties" in form))
    return schema
