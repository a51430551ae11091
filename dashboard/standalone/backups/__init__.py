"""Backups: all of an installation in one folder, and back (docs/operations.md)."""

from dashboard.standalone.backups.making import make_backup
from dashboard.standalone.backups.manifest import Manifest
from dashboard.standalone.backups.restoring import Restored, check_backup, restore_backup

__all__ = ["Manifest", "Restored", "check_backup", "make_backup", "restore_backup"]
