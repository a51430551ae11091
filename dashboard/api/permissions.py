"""What a key may do: publishable keys send events and ask for slates, secret keys do all of their shop."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class HasKey(BasePermission):
    """Any live key of a shop."""

    message = "Send a key: Authorization: Bearer pk_… or sk_…"

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.auth is not None


class HasSecretKey(HasKey):
    """A secret key: for backends, never for browsers."""

    message = "This needs the secret key (sk_…); the publishable key may only send events and ask for slates."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.auth is not None and request.auth.kind == "sk"
