"""Idle blocking connections by destination, each given out again only while it is still alive."""

from __future__ import annotations

import os
import select
import socket
import threading
import time

_MOST_IDLE = 32  # connections kept for each destination
_IDLE_SECONDS = 60.0

Destination = tuple[object, ...]


class ConnectionPool:
    """Thread-safe; emptied in a forked child, whose parent still uses the connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[Destination, list[tuple[float, socket.socket]]] = {}
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._idle = {}

    def take(self, destination: Destination) -> socket.socket | None:
        """The connection used last for that destination, or None where there is none alive."""
        while True:
            with self._lock:
                waiting = self._idle.get(destination)
                if not waiting:
                    return None
                since, connection = waiting.pop()
            if time.monotonic() - since < _IDLE_SECONDS and not _readable(connection):
                return connection
            connection.close()

    def give(self, destination: Destination, connection: socket.socket) -> None:
        """Keep a connection whose last reply was read to its end."""
        with self._lock:
            waiting = self._idle.setdefault(destination, [])
            if len(waiting) < _MOST_IDLE:
                waiting.append((time.monotonic(), connection))
                return
        connection.close()

    def close(self) -> None:
        """Close all idle connections."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for waiting in idle.values():
            for _, connection in waiting:
                connection.close()


def _readable(sock: socket.socket) -> bool:
    """Whether an idle connection has something to read: the other side closed it, or sent what nobody asked for."""
    if hasattr(select, "poll"):
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        return bool(poller.poll(0))
    return bool(select.select([sock], [], [], 0)[0])
