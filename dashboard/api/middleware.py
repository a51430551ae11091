"""What every request of the API passes before and after its view: its body, one form of errors."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from dashboard.api import fast_path
from dashboard.api.bodies import take_body
from dashboard.api.errors import OUR_MISTAKE, failure
from dashboard.api.hot_paths import HOT_PATHS
from dashboard.core.errors import ForageError, Invalid
from dashboard.core.logs import route_of
from dashboard.core.request_limits import check_headers

logger = logging.getLogger(__name__)
API_PREFIX = "/api/"


class ApiGate:
    """Takes the body, and answers what no view answers in the form of the API. Hot routes go the fast path."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API_PREFIX):
            return self.get_response(request)
        if request.method == "POST" and request.path_info in HOT_PATHS:
            return fast_path.answer(request)
        try:
            check_headers(request)
            _refuse_null_characters(request)
            take_body(request)
        except ForageError as problem:
            return failure(problem.status, problem.code, problem.message, problem.fields)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not request.path.startswith(API_PREFIX):
            return None
        if isinstance(exception, OperationalError | InterfaceError):
            return failure(503, "unavailable", "The database does not answer; try again.")
        logger.error("The API failed at %s", route_of(request), exc_info=exception)
        return failure(500, "internal", OUR_MISTAKE)


def _refuse_null_characters(request: HttpRequest) -> None:
    if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        raise Invalid("The address contains a NUL character.")
