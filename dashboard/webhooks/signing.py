"""Signatures of messages, as the Standard Webhooks specification has them, so that its libraries verify them.

A secret is derived from the installation's own and a salt: who reads the database alone can sign nothing.
"""

import base64
import hashlib
import hmac
import secrets

from django.conf import settings

PREFIX = "whsec_"
_PURPOSE = b"forage.webhook:"


def new_salt() -> str:
    return secrets.token_urlsafe(32)


def secret_of(salt: str) -> str:
    """What the receiver verifies with: `whsec_` and 32 bytes in Base64."""
    key = hmac.new(settings.SECRET_KEY.encode(), _PURPOSE + salt.encode(), hashlib.sha256).digest()
    return PREFIX + base64.b64encode(key).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Version 1: HMAC-SHA256 of `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    told = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()


def signed_headers(salts: list[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Signed by the secret of each salt: while one is changed for another, both verify."""
    signatures = [signature(secret_of(salt), message_id, timestamp, body) for salt in salts]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
