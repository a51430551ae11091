"""What an address below /api/v1/ that nobody serves answers: JSON, as everything else there."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from dashboard.api.middleware import failure


@csrf_exempt
def no_such_address(request: HttpRequest, rest: str) -> HttpResponse:
    return failure(404, "not_found", "There is nothing at this address; /api/v1/docs shows what there is.")
