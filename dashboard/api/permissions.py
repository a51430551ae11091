"""What a key may do: publishable keys send events and ask for slates, secret keys do all of their shop."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from dashboard.api.scopes import SCOPE_OF


class HasKey(BasePermission):
    """Any live key of a shop that has the scope of the route."""

    message = "Send a key: Authorization: Bearer pk_… or sk_…"

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.auth is not None and self._has_scope(request)

    def _has_scope(self, request: Request) -> bool:
        """A route without a scope opens to keys without any: one that was forgotten stays closed to narrow keys."""
        scope = SCOPE_OF.get(request.resolver_match.url_name, "none")
        if request.auth.may(scope):
            return True
        self.message = f"This key lacks the scope “{scope}”; the shop's settings list its scopes."
        return False


class HasSecretKey(HasKey):
    """A secret key: for backends, never for browsers."""

    message = "This needs the secret key (sk_…); the publishable key may only send events and ask for slates."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.auth is not None and request.auth.kind == "sk" and self._has_scope(request)
