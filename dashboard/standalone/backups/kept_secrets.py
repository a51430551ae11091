"""The secrets that belong to the data: without them sessions, webhooks and signed links of before mean nothing.

Passwords of the servers are not among them: another installation has servers of its own.
"""

from pathlib import Path

from django.conf import settings

from dashboard.standalone.credentials import SECRETS_FOLDER, write_private
from dashboard.standalone.discovery import is_embedded

SECRET_KEY = "secret_key"  # noqa: S105  the name of a file
_NAMES = (SECRET_KEY, "merchant_passphrase")


def taken() -> dict[str, str]:
    """{name: secret} of this installation."""
    found = {SECRET_KEY: settings.SECRET_KEY}
    for name in _NAMES:
        path = _folder() / name
        if name not in found and path.exists():
            found[name] = path.read_text(encoding="utf-8").strip()
    return found


def put_back(secrets: dict[str, str]) -> bool:
    """Keep them where `bin/up` looks for them. Whether the key is another one than this process was started with."""
    if is_embedded("DATABASE_URL"):
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in _NAMES:
            if secret := secrets.get(name):
                write_private(_folder() / name, secret + "\n")
    return secrets.get(SECRET_KEY, settings.SECRET_KEY) != settings.SECRET_KEY


def _folder() -> Path:
    return Path(settings.DATA_DIR) / SECRETS_FOLDER
