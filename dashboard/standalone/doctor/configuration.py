"""The environment: is it set, and is it safe for where this serves?"""

from collections.abc import Iterator

from django.conf import settings
from django.core import checks

from dashboard.standalone.credentials import SECRETS_FOLDER
from dashboard.standalone.discovery import data_folder
from dashboard.standalone.doctor.finding import Finding, ok, problem, warning

LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "testserver"}
MIN_SECRET_CHARACTERS = 32


def findings() -> Iterator[Finding]:
    found = [*_secrets(), *_exposure(), *_django()]
    yield from found or [ok(f"read; state is kept in {data_folder()}")]


def _secrets() -> Iterator[Finding]:
    if len(settings.SECRET_KEY) < MIN_SECRET_CHARACTERS:
        yield warning(
            f"SECRET_KEY has fewer than {MIN_SECRET_CHARACTERS} characters: sessions could be forged",
            "Set SECRET_KEY to a long random text, or leave it out and let bin/up make one.",
        )
    folder = data_folder() / SECRETS_FOLDER
    readable = [path.name for path in folder.glob("*") if path.stat().st_mode & 0o077]
    if readable:
        yield problem(f"others may read {', '.join(sorted(readable))} in {folder}", f"Run: chmod 600 {folder}/*")


def _exposure() -> Iterator[Finding]:
    """Hosts beyond this machine ask for more than a try-out does."""
    public = [host for host in settings.ALLOWED_HOSTS if host not in LOOPBACK]
    if "*" in public:
        yield warning("ALLOWED_HOSTS is *: any host name is answered", "Name the hosts that Forage is reached by.")
    if public and settings.DEBUG:
        yield problem("DEBUG is on for hosts beyond this machine: errors show settings", "Leave DEBUG out, or set 0.")
    if public and not settings.HTTPS_ONLY:
        yield warning(
            "hosts beyond this machine are served without HTTPS_ONLY: sign-ins may travel in the clear",
            "Put a proxy with a certificate in front, and set HTTPS_ONLY=1.",
        )


def _django() -> Iterator[Finding]:
    for message in checks.run_checks():
        make = problem if message.level >= checks.ERROR else warning
        yield make(f"{message.id}: {message.msg}", message.hint or "Correct the setting that it names.")
