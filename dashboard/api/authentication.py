"""`Authorization: Bearer pk_…|sk_…`, or the publishable key as `?key=` for sendBeacon."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from dashboard.accounts.selectors import live_key


class KeyAuthentication(BaseAuthentication):
    """Sets `request.auth` to the ApiKey and `request.shop` to its shop."""

    def authenticate(self, request: Request) -> tuple[None, Any] | None:
        plain = self._plain_key(request)
        if plain is None:
            return None
        key = live_key(plain)
        if key is None:
            raise AuthenticationFailed("This key is unknown, revoked or expired.")
        request.shop = key.shop
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def _plain_key(self, request: Request) -> str | None:
        scheme, _, plain = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and plain:
            return plain.strip()
        beacon_key = request.query_params.get("key", "")
        return beacon_key if beacon_key.startswith("pk_") else None


class KeyScheme(OpenApiAuthenticationExtension):
    """How OpenAPI names our keys."""

    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "pk_… or sk_…"}
