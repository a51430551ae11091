"""How often somebody may fail where a stranger can try: at the sign-in, and at links of invitations.

Counted by network address, so that who guesses runs out of tries whichever account or link is tried next; axes counts
by account beside it. What did not fail is given back: an office that signs in behind one address is never refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from math import ceil
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from dashboard.core import rates
from dashboard.core.addresses import client_network

TRIES_SECONDS = 15 * 60
LONGEST_ADDRESS = 254


@dataclass(frozen=True)
class Throttle:
    """So many tries may fail in a quarter of an hour."""

    name: str
    tries: int

    def take(self, who: str) -> float:
        """Use up a try of an address or a link; returns the seconds to wait where there is none."""
        return rates.take(f"{self.name}:{who}", most=self.tries, seconds=TRIES_SECONDS).wait_seconds

    def give_back(self, who: str) -> None:
        rates.give_back(f"{self.name}:{who}", most=self.tries, seconds=TRIES_SECONDS)


SIGN_IN = Throttle("throttle:sign-in", 50)  # passwords of any account, by address; of one account axes lets eight
UNKNOWN_LINKS = Throttle("throttle:link", 20)  # links that open nothing, by address
ONE_LINK = Throttle("throttle:join", 20)  # forms sent with one link, from wherever


def throttled_sign_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let no address try more passwords than `SIGN_IN` has."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        address = client_network(request)
        if wait := SIGN_IN.take(address):
            return shut(request, wait)
        response = view(request, *args, **kwargs)
        if request.user.is_authenticated:
            SIGN_IN.give_back(address)
        return response

    return guarded


def shut(request: HttpRequest, wait_seconds: float) -> HttpResponse:
    """The answer to who tried too often, with the time to wait."""
    wait = ceil(wait_seconds)
    response = render(request, "accounts/locked_out.html", {"cooloff_timedelta": timedelta(seconds=wait)}, status=429)
    response["Retry-After"] = str(wait)
    return response


def tried_account(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Whose password is tried, for axes: one account however its address is written."""
    typed = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(typed).strip().lower()[:LONGEST_ADDRESS]
