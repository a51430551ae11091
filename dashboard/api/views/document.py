"""The OpenAPI document. It is the same for everybody, so each process makes it once."""

import hashlib
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

MAX_AGE_SECONDS = 300


@cache
def document() -> bytes:
    """Takes half a second of computing."""
    made: bytes = OpenApiJsonRenderer().render(SchemaGenerator().get_schema(public=True))
    return made


def _etag(*_: object) -> str:
    return f'"{hashlib.sha256(document()).hexdigest()[:32]}"'


@require_safe
@condition(etag_func=_etag)
def schema(request: HttpRequest) -> HttpResponse:
    """`GET /schema`; 304 for whoever has it already."""
    response = HttpResponse(document(), content_type=OpenApiJsonRenderer.media_type)
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    return response
