"""The page that shows the OpenAPI document to people."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.api.reference import chapters


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """`GET /docs`."""
    return render(request, "api/reference.html", {"chapters": chapters()})
