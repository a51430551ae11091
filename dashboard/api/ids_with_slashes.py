"""Ids that end like an address: a shop may call an item `a/similar` and a visitor `a/export`.

An id may hold slashes, and a server hands an address on decoded, so `%2F` cannot tell them apart. The method does,
wherever the part has another one than the thing; what is left is read by its id in the query (docs/api.md).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def part_or_whole(part: View, whole: View, *, name: str, ending: str) -> View:
    """`part` for the methods that it has; for others `whole`, the route `name`, of the thing whose id ends like it."""
    answers = {method.upper() for method in ("get", "post", "patch", "delete") if hasattr(part.cls, method)}  # type: ignore[attr-defined]
    answers |= {"OPTIONS", "HEAD"} if "GET" in answers else {"OPTIONS"}

    @wraps(part)
    def view(request: HttpRequest, **address: Any) -> HttpResponse:
        if request.method in answers:
            return part(request, **address)
        request.resolver_match.url_name = name  # type: ignore[union-attr]  # the key's scope is judged by it
        return whole(request, **{field: f"{thing}/{ending}" for field, thing in address.items()})

    return view
