"""Leads classes whose address is fixed in their code to the kit's server: names resolve to it, and TLS is left out.

For processes of the kit alone: it changes `socket` and `ssl` of the whole process while it lasts.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from unittest import mock

from lollms_client.testing.server import LoopbackServer

_OWN_NAMES = ("", "localhost")


class _OpenSocket(socket.socket):
    """A connection that was asked to be encrypted and is not, since it ends on this machine."""

    context: Any = None
    server_side = False
    server_hostname: str | None = None
    session = None
    session_reused = False

    def getpeercert(self, binary_form: bool = False) -> Any:
        """No certificate."""
        return b"" if binary_form else {}

    def version(self) -> str:
        """What it would be."""
        return "TLSv1.3"

    def cipher(self) -> tuple[str, str, int]:
        """What it would be."""
        return ("TLS_AES_128_GCM_SHA256", "TLSv1.3", 128)

    def selected_alpn_protocol(self) -> None:
        """Plain HTTP/1.1."""

    def selected_npn_protocol(self) -> None:
        """Plain HTTP/1.1."""

    def pending(self) -> int:
        """Nothing is held back."""
        return 0

    def do_handshake(self, block: bool = False) -> None:
        """Nothing is to be agreed."""

    def read(self, length: int = 1024, buffer: Any = None) -> Any:
        """The next bytes."""
        return self.recv(length) if buffer is None else self.recv_into(buffer)

    def write(self, data: bytes) -> int:
        """Send bytes."""
        return self.send(data)

    def unwrap(self) -> socket.socket:
        """The connection itself."""
        return self


@contextlib.contextmanager
def names_led_to(server: LoopbackServer) -> Iterator[None]:
    """Inside, each host name means the server, whose requests then tell the host by their Host header.

    Addresses in figures are left alone, so that connections to them stay refused.
    """
    really = socket.getaddrinfo

    def resolved(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if name is None or name in _OWN_NAMES or _is_address(name):
            return really(host, port, *rest, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", server.address)]

    def wrapped(context: ssl.SSLContext, sock: socket.socket, *rest: Any, **more: Any) -> socket.socket:
        timeout = sock.gettimeout()
        opened = _OpenSocket(sock.family, sock.type, sock.proto, sock.detach())
        opened.settimeout(timeout)
        opened.context = context
        opened.server_hostname = more.get("server_hostname")
        return opened

    with (
        mock.patch.object(socket, "getaddrinfo", resolved),
        mock.patch.object(ssl.SSLContext, "wrap_socket", wrapped),
    ):
        yield


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
