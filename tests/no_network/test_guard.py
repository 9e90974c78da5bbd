"""The guard that notebooks run under refuses every address but loopback, in the process and in its children."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hang import HANGS

GUARD = Path(__file__).parent
REFUSED = {  # what is tried, and which host is refused
    "an address": ("socket.create_connection(('192.0.2.1', 80), timeout=5)", "192.0.2.1"),
    "an address, IPv6": ("socket.create_connection(('2001:db8::1', 80), timeout=5)", "2001:db8::1"),
    "a name": ("socket.create_connection(('hub.example', 443), timeout=5)", "hub.example"),
    "a plain socket": ("socket.socket().connect(('192.0.2.1', 80))", "192.0.2.1"),
    "a code instead of an error": ("socket.socket().connect_ex(('192.0.2.1', 80))", "192.0.2.1"),
    "a datagram": ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 53))", "192.0.2.1"),
    "a datagram with flags": ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'', 0, ('192.0.2.2', 53))", "192.0.2.2"),
    "a message": ("socket.socket(type=socket.SOCK_DGRAM).sendmsg([b''], [], 0, ('192.0.2.1', 53))", "192.0.2.1"),
    "a look-up": ("socket.gethostbyname('hub.example')", "hub.example"),
    "a look-up of every address": ("socket.gethostbyname_ex('hub.example')", "hub.example"),
    "a look-up backwards": ("socket.gethostbyaddr('192.0.2.1')", "192.0.2.1"),
    "urllib": ("__import__('urllib.request').request.urlopen('http://192.0.2.1/', timeout=5)", "192.0.2.1"),
    "a child process": (
        "subprocess.run([sys.executable, '-c', 'import socket; socket.socket().connect((\"192.0.2.1\", 80))'],"
        " check=True)", "192.0.2.1"),
}


def run(statement: str, log: Path) -> subprocess.CompletedProcess:
    code = f"import socket, subprocess, sys\n{statement}"
    environment = {**os.environ, "PYTHONPATH": str(GUARD), "COURSE_NETWORK_LOG": str(log)}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=HANGS)


@pytest.mark.parametrize("attempt", REFUSED)
def test_another_computer_is_refused_and_logged(attempt, tmp_path):
    statement, host = REFUSED[attempt]
    done = run(statement, tmp_path / "log")
    assert done.returncode != 0
    assert "this run has no network" in done.stderr
    assert (tmp_path / "log").read_text() == f"{host}\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_computer_is_reached(host, tmp_path):
    statement = (
        "server = socket.create_server(('127.0.0.1', 0))\n"
        f"client = socket.create_connection(({host!r}, server.getsockname()[1]), timeout=5)\n"
        "peer, _ = server.accept(); client.sendall(b'hello'); assert peer.recv(5) == b'hello'"
    )
    done = run(statement, tmp_path / "log")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "log").exists()
