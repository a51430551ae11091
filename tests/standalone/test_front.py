"""The front's configuration: HAProxy itself takes it, whatever the address and the machine."""

import subprocess

import pytest

from dashboard.standalone import front

PORTS = {"serving": 15001, "pages": 15002}
needs_haproxy = pytest.mark.skipif(front.find_front() is None, reason="no HAProxy for this platform")


@needs_haproxy
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "::1"])  # noqa: S104
@pytest.mark.parametrize("proxies", ["", "0", "1"])
def test_haproxy_finds_nothing_to_complain_of(tmp_path, host, proxies):
    text = front.configuration({"TRUSTED_PROXY_COUNT": proxies}, host=host, port=15003, **PORTS)
    path = front.write_configuration(tmp_path, text)
    found = subprocess.run([front.find_front(), "-c", "-f", path], capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")


def test_connections_of_one_address_are_bounded_unless_a_proxy_stands_before_it():
    bounded = "reject if { sc_conn_cur(0) gt 128 } !is_this_machine"
    assert bounded in front.configuration({}, host="::", port=15003, **PORTS)
    assert bounded not in front.configuration({"TRUSTED_PROXY_COUNT": "1"}, host="::", port=15003, **PORTS)


def test_the_limit_of_a_body_is_that_of_the_api():
    from dashboard.api.bodies import MAX_BODY_BYTES

    assert front.MAX_BODY_BYTES == MAX_BODY_BYTES


def test_a_machine_with_few_descriptors_holds_fewer_connections(monkeypatch):
    monkeypatch.setattr(front.resource, "getrlimit", lambda _: (1024, 1024))
    assert "maxconn 462" in front.configuration({}, host="::1", port=15003, **PORTS)
