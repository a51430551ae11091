"""`Authorization: Bearer pk_…|sk_…`, or the publishable key as `?key=` for sendBeacon."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from dashboard.accounts.selectors import unrevoked_key
from dashboard.accounts.services import note_key_use
from dashboard.core import tenancy


class KeyAuthentication(BaseAuthentication):
    """Sets `request.auth` to the ApiKey, `request.shop` to its shop, `request.simulated` to whether a simulator sends.

    A publishable key with allowed origins is refused from any other origin. Browsers tell the origin truthfully;
    anyone else can make one up, so this keeps a copied key out of other shops' pages and is no authentication.
    """

    def authenticate(self, request: Request) -> tuple[None, Any] | None:
        plain = self._plain_key(request)
        if plain is None:
            return None
        key = unrevoked_key(plain)
        if key is None:
            raise AuthenticationFailed("This key is unknown or revoked.")
        if key.has_expired:
            raise AuthenticationFailed(f"This key expired on {key.expires_at:%Y-%m-%d at %H:%M} UTC; send another.")
        tenancy.enter_shop(key.shop_id)
        note_key_use(key=key)
        request.shop = key.shop
        request.simulated = self._simulated(request, key)
        self._check_origin(request, key)
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def _plain_key(self, request: Request) -> str | None:
        scheme, _, plain = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() == "bearer" and plain:
            return plain.strip()
        beacon_key = request.query_params.get("key", "")
        return beacon_key if beacon_key.startswith("pk_") else None

    def _simulated(self, request: Request, key: Any) -> bool:
        """`X-Forage-Simulated: 1`: what comes is made up. Only a backend may say so, or shoppers could hide. Pages of
        the sample shop are nobody's real shop, whoever plays in them."""
        if key.kind == "pk" and key.shop.is_sample:
            return True
        if request.META.get("HTTP_X_FORAGE_SIMULATED", "0") in ("0", ""):
            return False
        if key.kind != "sk":
            raise PermissionDenied("X-Forage-Simulated needs the secret key.")
        return True

    def _check_origin(self, request: Request, key: Any) -> None:
        origin = request.META.get("HTTP_ORIGIN")
        if origin is None or key.kind != "pk":
            return
        if key.allowed_origins and origin not in key.allowed_origins:
            raise PermissionDenied("This key may not be used from this origin; the shop's settings list its origins.")
        request._request.allowed_origin = origin


class KeyScheme(OpenApiAuthenticationExtension):
    """How OpenAPI names our keys."""

    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "pk_… or sk_…"}
