"""Who the embedded servers run as. Postgres refuses to be root, and so do we for Valkey."""

import os
import pwd
from pathlib import Path

from dashboard.standalone.children import Account
from dashboard.standalone.errors import StartError

# Of nobody else: between the ranges that systemd hands out, and above what useradd gives (login.defs: 60000).
SERVICE_UID = 60_800


def service_account(server_folder: Path) -> Account | None:
    """The account for the server whose files lie in this folder; None: run as the user that we are.

    Root drops to a numeric user that needs no entry in /etc/passwd, or to the owner of existing files.
    """
    if os.geteuid() != 0:
        _require_ours(server_folder)
        return None
    if server_folder.exists() and (owner := server_folder.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    return Account(SERVICE_UID, SERVICE_UID)


def named_account() -> Account:
    """An unprivileged user that the system knows by name: initdb insists on one."""
    for name in ("nobody", "daemon", "postgres"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise StartError("root needs an unprivileged user to make the database, and found none; run bin/up as another user")


def hand_over(folder: Path, account: Account) -> None:
    """Make the account own the folder and all below; symbolic links are not followed."""
    os.chown(folder, account.uid, account.gid)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(parent) / name, account.uid, account.gid, follow_symlinks=False)


def _require_ours(server_folder: Path) -> None:
    if server_folder.exists() and server_folder.stat().st_uid != os.geteuid():
        raise StartError(f"{server_folder} belongs to another user (bin/up ran as root before?); start as that user")
