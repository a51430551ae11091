"""What stands behind the `?` of an address: read by a serializer, or refused by name."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.views import APIView

from dashboard.api.serializers import StrictSerializer, all_unknown
from dashboard.core import errors


class ShopView(APIView):
    """A view of the API. `query` has the serializer of each method that reads parameters of the query; what a method
    does not read is a 400 that names it, never ignored."""

    query: ClassVar[Mapping[str, type[StrictSerializer]]] = {}  # {"get": …}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = _method(request)
        if hasattr(self, method) and method not in self.query:
            refuse_unknown(request)

    def asked(self, request: Request) -> dict[str, Any]:
        """The checked parameters. Raises `ValidationError` with their names."""
        given = self.query[_method(request)](data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)


def sent_body(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """The checked body. Raises `ValidationError` with its fields."""
    given = kind(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def refuse_unknown(request: Request, known: tuple[str, ...] = ()) -> None:
    """Raise `Invalid` for parameters other than the `known`."""
    unknown = set(request.query_params) - set(known)
    if unknown:
        raise errors.Invalid("Some fields need another value.", fields=all_unknown(unknown))


def _method(request: Request) -> str:
    return "get" if request.method == "HEAD" else str(request.method).lower()
