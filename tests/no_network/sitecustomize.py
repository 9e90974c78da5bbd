"""Python with a network of loopback only: every process that has this folder on PYTHONPATH imports this at its start.

A refused attempt raises ConnectionRefusedError and is written to $COURSE_NETWORK_LOG, so that one that is
caught on the way is seen all the same.
"""
import ipaddress
import os
import socket


def is_local(host) -> bool:
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False  # a name that somebody else would have to look up


def check(host) -> None:
    if is_local(host):
        return
    log = os.environ.get("COURSE_NETWORK_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{host}\n")
    raise ConnectionRefusedError(f"this run has no network: {host!r} is not on this computer")


class LoopbackSocket(socket.socket):
    """A socket that reaches this computer only."""

    def connect(self, address):
        self._check(address)
        return super().connect(address)

    def connect_ex(self, address):
        self._check(address)
        return super().connect_ex(address)

    def sendto(self, data, *rest):
        self._check(rest[-1])
        return super().sendto(data, *rest)

    def sendmsg(self, buffers, ancdata=(), flags=0, address=None):
        if address is not None:
            self._check(address)
        return super().sendmsg(buffers, ancdata, flags, address)

    def _check(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            check(address[0])


def guarded(ask):
    """A function of the module `socket` that asks somebody about the host, its first argument."""
    def asking(host, *rest, **options):
        check(host)
        return ask(host, *rest, **options)

    return asking


for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
    setattr(socket, name, guarded(getattr(socket, name)))
socket.socket = LoopbackSocket
