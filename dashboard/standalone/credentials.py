"""Secrets of this installation: generated once, kept in `<data>/secrets/`, readable by their owner alone."""

import os
import secrets
from pathlib import Path

SECRETS_FOLDER = "secrets"
MERCHANT_EMAIL = "holly@example.com"  # who signs in to the sample shop
SECRET_BYTES = 32
# Without letters that are mistaken for each other: a person may have to type it.
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def secret(folder: Path, name: str) -> str:
    """The secret `name` of the data folder; made at the first call. Safe in URLs."""
    return _kept(folder, name, secrets.token_urlsafe(SECRET_BYTES))


def passphrase(folder: Path, name: str) -> str:
    """Like `secret`, for people: four groups of four letters and digits, 79 bits."""
    groups = ("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(4))
    return _kept(folder, name, "-".join(groups))


def merchant_passphrase(folder: Path) -> str:
    """What signs MERCHANT_EMAIL in to the sample shop; `bin/up` shows it at every start."""
    return passphrase(folder, "merchant_passphrase")


def _kept(folder: Path, name: str, fresh: str) -> str:
    path = folder / SECRETS_FOLDER / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        write_private(path, fresh + "\n")
        return fresh


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 all at once: readers see the old or the new one, also after a crash."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
