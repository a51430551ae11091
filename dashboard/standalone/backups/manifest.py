"""What a backup holds, in the file that is written last: a folder without it is no backup."""

import io
import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from dashboard.core import errors
from dashboard.standalone.backups.place import FileFacts, Place

FILE = "manifest.json"
DUMP = "database.dump"
SECRETS = "secrets.json"
ARTIFACTS = "artifacts"
FORMAT = 1
_TABLE = re.compile(r"[a-z][a-z0-9_]*")
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_FILE_NAME, _PATH = re.compile(_NAME), re.compile(rf"shop-\d+/{_NAME}")


@dataclass(frozen=True)
class Manifest:
    """`rows`: {table: rows}. `artifacts`: {path in the artifact store: [file]}. `damaged`: paths of artifacts whose
    files were missing or altered when the backup was made, and which it lacks. `migrations`: [[app, name]]."""

    made_at: str
    server_version: int
    shops: list[str]
    migrations: list[list[str]]
    rows: dict[str, int]
    artifacts: dict[str, list[str]]
    damaged: list[str]
    files: dict[str, FileFacts]
    format: int = field(default=FORMAT)

    @property
    def bytes(self) -> int:
        return sum(facts.bytes for facts in self.files.values())

    @property
    def row_count(self) -> int:
        return sum(self.rows.values())

    def write(self, place: Place) -> None:
        place.write(FILE, io.BytesIO(json.dumps(asdict(self), indent=1).encode()))

    @classmethod
    def read(cls, place: Place) -> "Manifest":
        """Raises `NotFound` where the place holds no backup, `Invalid` for one that cannot be read."""
        if not place.has(FILE):
            raise errors.NotFound(f"{place.address} holds no whole backup: there is no {FILE} in it.")
        with place.opened(FILE) as source:
            raw = source.read()
        try:
            return cls._of(json.loads(raw))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise errors.Invalid(f"{place.address}/{FILE} is not what a backup writes.") from error

    @classmethod
    def _of(cls, said: dict[str, Any]) -> "Manifest":
        if said["format"] != FORMAT:
            raise errors.Invalid(f"The backup has format {said['format']}; this version of Forage reads {FORMAT}.")
        files = {str(name): FileFacts(**facts) for name, facts in said.pop("files").items()}
        found = cls(**said, files=files)
        if not found._has_possible_names:
            raise ValueError("a table or an artifact has an impossible name")
        return found

    @property
    def _has_possible_names(self) -> bool:
        """They go into statements and into the names of files."""
        files = {name for names in self.artifacts.values() for name in names}
        tables = all(_TABLE.fullmatch(table) and isinstance(rows, int) for table, rows in self.rows.items())
        return tables and all(map(_PATH.fullmatch, self.artifacts)) and all(map(_FILE_NAME.fullmatch, files))


def artifact_file(path: str, name: str) -> str:
    """How the backup calls a file of an artifact."""
    return f"{ARTIFACTS}/{path}/{name}"
