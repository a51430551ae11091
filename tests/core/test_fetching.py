"""A person's address is fetched without opening our network to that person."""

import gzip
import socket
import time
from http.server import BaseHTTPRequestHandler

import pytest

from dashboard.core import errors, fetching
from dashboard.core.fetching import Limits, fetch, is_public, shown_address
from tests.http_host import hosted

OPEN = Limits(size_bytes=100_000, seconds=5, allow_private=True)
CLOSED = Limits(size_bytes=100_000, seconds=5)


class Answers(BaseHTTPRequestHandler):
    asked: list

    def do_GET(self):
        self.asked.append((self.path, dict(self.headers)))
        getattr(self, "on_" + self.path.strip("/").partition("?")[0].replace("/", "_"))()

    def send(self, body=b"", status=200, **headers):
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def on_feed(self):
        if self.headers.get("If-None-Match") == '"1"':
            return self.send(status=304)
        return self.send(b"item_id\na\n", ETag='"1"', Last_Modified="Tue, 24 Nov 2026 10:00:00 GMT")

    def on_packed(self):
        self.send(gzip.compress(b"item_id\na\n"), Content_Encoding="gzip")

    def on_moved(self):
        self.send(status=302, Location="/feed")

    def on_inside(self):
        self.send(status=302, Location="http://localhost:1/latest/meta-data/")

    def on_file(self):
        self.send(status=302, Location="file:///etc/passwd")

    def on_round(self):
        self.send(status=302, Location="/round")

    def on_endless(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x" * 10_000)

    def on_slow(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(30):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def on_short(self):
        self.send(b"item", Content_Length="400")

    def on_gone(self):
        self.send(status=410)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    handler = type("Handler", (Answers,), {"asked": []})
    with hosted(handler) as running:
        running.url = f"http://127.0.0.1:{running.server_port}"
        yield running


def test_letters_beyond_ascii_are_asked_for_as_they_travel(server, tmp_path):
    with pytest.raises(errors.Invalid, match="410"):
        fetch(f"{server.url}/gone?q=商品+é", tmp_path / "feed", limits=OPEN)
    assert server.RequestHandlerClass.asked[0][0] == "/gone?q=%E5%95%86%E5%93%81+%C3%A9"
    assert fetching.checked_address("https://märkte.example:8443/ä%20b").geturl() == (
        "https://xn--mrkte-gra.example:8443/%C3%A4%20b"
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.100.100.200",  # noqa: S104
        "192.0.0.192", "168.63.129.16", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00:ec2::254",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::127.0.0.1", "ff02::1",
    ],
)  # fmt: skip
def test_what_is_inside_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::808:808"])
def test_what_is_outside_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://[::1]/", "http://[::ffff:10.0.0.1]/",
        "http://localhost/", "https://169.254.169.254/latest/meta-data/",
    ],
)  # fmt: skip
def test_inside_addresses_are_refused_however_they_are_written(url, tmp_path):
    with pytest.raises(errors.Invalid, match="public internet"):
        fetch(url, tmp_path / "a", limits=CLOSED)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.example/", "//a.example", "http://", "http://a b/", ""])
def test_only_web_addresses_are_taken(url, tmp_path):
    with pytest.raises(errors.Invalid, match="address"):
        fetch(url, tmp_path / "a", limits=CLOSED)


def test_a_name_that_changes_its_mind_gains_nothing(server, tmp_path, monkeypatch):
    """The connection goes to the address that was checked: one look-up a request."""
    looked_up = []

    def rebinding(host, port, **_):
        looked_up.append(host)
        inside = ("127.0.0.1", port) if len(looked_up) > 1 else ("203.0.113.1", port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", inside)]

    reached = []
    monkeypatch.setattr(fetching.socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(fetching, "is_public", lambda address: address == "203.0.113.1")
    monkeypatch.setattr(fetching.socket, "create_connection", lambda address, **_: reached.append(address) or _refuse())
    with pytest.raises(errors.Invalid):
        fetch(f"http://rebinding.example:{server.server_port}/feed", tmp_path / "a", limits=CLOSED)
    assert (looked_up, reached) == (["rebinding.example"], [("203.0.113.1", server.server_port)])


def _refuse():
    raise ConnectionRefusedError


def test_one_inside_address_among_several_is_enough_to_refuse(monkeypatch, tmp_path):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(errors.Invalid, match="public internet"):
        fetch("http://two.example/", tmp_path / "a", limits=CLOSED)


def test_a_redirect_is_checked_like_the_first_address(server, tmp_path, monkeypatch):
    public = fetching.public_addresses

    def only_the_server(host, port, *, allow_private):
        return ["127.0.0.1"] if port == server.server_port else public(host, port, allow_private=False)

    monkeypatch.setattr(fetching, "public_addresses", only_the_server)
    assert fetch(f"{server.url}/moved", tmp_path / "a", limits=CLOSED).is_new
    with pytest.raises(errors.Invalid, match="public internet"):
        fetch(f"{server.url}/inside", tmp_path / "b", limits=CLOSED)
    with pytest.raises(errors.Invalid, match="https"):
        fetch(f"{server.url}/file", tmp_path / "c", limits=CLOSED)
    with pytest.raises(errors.Invalid, match="redirects more than"):
        fetch(f"{server.url}/round", tmp_path / "d", limits=CLOSED)


def test_what_has_not_changed_is_not_sent_again(server, tmp_path):
    first = fetch(f"{server.url}/feed", tmp_path / "a", limits=OPEN)
    assert (tmp_path / "a").read_bytes() == b"item_id\na\n"
    assert (first.is_new, first.etag, first.last_modified) == (True, '"1"', "Tue, 24 Nov 2026 10:00:00 GMT")
    again = fetch(f"{server.url}/feed", tmp_path / "a", limits=OPEN, etag=first.etag, last_modified=first.last_modified)
    assert not again.is_new


def test_a_packed_answer_is_told(server, tmp_path):
    assert fetch(f"{server.url}/packed", tmp_path / "a", limits=OPEN).is_gzip
    assert gzip.decompress((tmp_path / "a").read_bytes()) == b"item_id\na\n"


def test_size_and_time_are_bounded(server, tmp_path):
    with pytest.raises(errors.TooLarge, match="larger than"):
        fetch(f"{server.url}/endless", tmp_path / "a", limits=OPEN)
    with pytest.raises(errors.Invalid, match="in time"):
        fetch(f"{server.url}/slow", tmp_path / "a", limits=Limits(size_bytes=1000, seconds=0.3, allow_private=True))


@pytest.mark.parametrize(("path", "said"), [("short", "in the middle"), ("gone", "410")])
def test_what_is_no_whole_file_is_refused_in_words(server, tmp_path, path, said):
    with pytest.raises(errors.Invalid, match=said):
        fetch(f"{server.url}/{path}", tmp_path / "a", limits=OPEN)


def test_secrets_of_an_address_reach_the_host_and_no_message(server, tmp_path):
    url = f"http://holly:pass%20word@127.0.0.1:{server.server_port}/gone?token=secret"
    with pytest.raises(errors.Invalid) as problem:
        fetch(url, tmp_path / "a", limits=OPEN)
    path, headers = server.RequestHandlerClass.asked[0]
    assert (path, headers["Authorization"]) == ("/gone?token=secret", "Basic aG9sbHk6cGFzcyB3b3Jk")
    assert not any(secret in str(problem.value) for secret in ("holly", "pass", "token", "secret"))
    assert shown_address(url) == f"http://127.0.0.1:{server.server_port}/gone"


def test_a_password_goes_to_no_other_host():
    here = fetching.checked_address("https://holly:secret@a.example/x")
    assert fetching._next_address(here, "/y").geturl() == "https://holly:secret@a.example/y"
    assert fetching._next_address(here, "https://b.example/y").geturl() == "https://b.example/y"
    with pytest.raises(errors.Invalid, match="https to http"):
        fetching._next_address(here, "http://a.example/y")
