"""Ask the engine's private listener: a unix socket in a folder of our own, behind a random key."""

from __future__ import annotations

import http.client
import secrets
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.errors import EngineFailed

_SECONDS = 60.0


class PrivateListener:
    """Where the engine listens, and requests to it.

    Nobody else can reach it: the socket lies in a folder that only this user may enter, and every request needs a key
    made for this object. Windows has no such sockets there: loopback, and the key alone.
    """

    def __init__(self) -> None:
        self.key = secrets.token_hex(32)
        self._folder = Path(tempfile.mkdtemp(prefix="lollms-"))  # mode 0700
        self._address: str | int = str(self._folder / "engine.sock")

    def configure(self, parameters: Any) -> None:
        """Put address and key into the engine's parameters before it starts."""
        parameters.hostnames = ["127.0.0.1" if sys.platform == "win32" else str(self._address)]
        parameters.port = 0
        parameters.api_keys = [self.key]
        parameters.cors_origins = ""
        parameters.ui = False
        parameters.endpoint_slots = False
        parameters.endpoint_metrics = False

    def started(self, address: str) -> None:
        """Take over the port that the engine chose, where it listens on one."""
        if address.startswith("http://"):
            self._address = int(address.rstrip("/").rpartition(":")[2])

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send one request and return the decoded reply; EngineFailed where there is no good one."""
        connection = _Connection(self._address)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else msgspec.json.encode(body), headers)
            reply = connection.getresponse()
            data = reply.read()
            if reply.status != 200:
                raise EngineFailed(
                    f"llama.cpp answers {reply.status} to {path}: {data[:300].decode('utf-8', 'replace')}"
                )
            return msgspec.json.decode(data, type=dict[str, Any])
        except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
            raise EngineFailed(f"llama.cpp's private listener does not answer: {error}") from error
        finally:
            connection.close()

    def close(self) -> None:
        """Remove the socket's folder."""
        shutil.rmtree(self._folder, ignore_errors=True)


class _Connection(http.client.HTTPConnection):
    def __init__(self, address: str | int) -> None:
        port = address if isinstance(address, int) else None
        super().__init__("127.0.0.1", port, timeout=_SECONDS)
        self._path = address if isinstance(address, str) else None

    def connect(self) -> None:
        if self._path is None or sys.platform == "win32":
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
