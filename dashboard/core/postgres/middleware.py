"""Watches over the database for as long as a request is answered."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from dashboard.core.postgres.watch import watch


class WatchedDatabase:
    """See `watch`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        watch.begin()
        try:
            return self.get_response(request)
        finally:
            watch.end()
