"""API keys of the programs of this installation, kept in private files of the data folder.

One key for ever, so that a killed program leaves none behind; revoke it in the settings to stop its program.
"""

from pathlib import Path

from dashboard.accounts.models import ApiKey, Shop
from dashboard.accounts.selectors import live_key
from dashboard.accounts.services import issue_key
from dashboard.standalone.credentials import write_private
from dashboard.standalone.discovery import data_folder


def kept_key(shop: Shop, *, folder: str, kind: str, name: str, origins: list[str] | None = None) -> tuple[str, ApiKey]:
    """(the key, its record); a new one where the file has none or a dead one. `origins`: of a new one."""
    file = data_folder() / folder / f"{shop.slug}.key"
    plain = file.read_text(encoding="ascii").strip() if file.exists() else ""
    record = live_key(plain) if plain else None
    if record is not None and record.shop_id == shop.pk:
        return plain, record
    made = issue_key(shop=shop, kind=kind, name=name, allowed_origins=origins)
    _write(file, made.plain)
    return made.plain, made.record


def _write(file: Path, plain: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(file, plain)
