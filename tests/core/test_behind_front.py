"""Whom the front saw is who asks; nothing else a client sends changes that."""

from dashboard.core.behind_front import BehindFront


def peer(**environ):
    seen = {}
    BehindFront(lambda given, start: seen.update(given) or [])({"REMOTE_ADDR": "127.0.0.1", **environ}, None)
    return seen


def test_the_peer_is_whom_the_front_saw():
    assert peer(HTTP_X_FORAGE_PEER="203.0.113.9")["REMOTE_ADDR"] == "203.0.113.9"


def test_the_header_itself_goes_no_further():
    assert "HTTP_X_FORAGE_PEER" not in peer(HTTP_X_FORAGE_PEER="203.0.113.9")


def test_what_operators_proxies_say_stays_as_it_is():
    assert peer(HTTP_X_FORWARDED_FOR="198.51.100.7")["HTTP_X_FORWARDED_FOR"] == "198.51.100.7"
