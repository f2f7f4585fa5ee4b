"""Frames on a private pipe: a length of eight bytes, then one MessagePack value; each side reads in a thread."""

from __future__ import annotations

import os
import queue
import struct
import threading
from typing import Any, BinaryIO

import msgspec

from lollms_client.errors import BadReply

_HEAD = struct.Struct(">Q")
_LONGEST = 2**33  # bytes; a longer frame is no frame of ours
_encoder = msgspec.msgpack.Encoder()


class BrokenChannel(Exception):
    """The other side wrote something that is no frame."""


def encode_frame(frame: list[Any]) -> bytes:
    """A frame with its length. Raises BadReply for a value that has no encoding."""
    try:
        body = _encoder.encode(frame)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadReply(f"a value cannot cross to another process: {error}") from error
    return _HEAD.pack(len(body)) + body


def read_frame(stream: BinaryIO) -> list[Any] | None:
    """The next frame; None at the end. Raises BrokenChannel for what is none."""
    head = _exactly(stream, _HEAD.size)
    if head is None:
        return None
    (length,) = _HEAD.unpack(head)
    if length > _LONGEST:
        raise BrokenChannel("a frame is too long")
    body = _exactly(stream, length)
    if body is None:
        return None
    try:
        frame = msgspec.msgpack.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BrokenChannel(f"a frame cannot be decoded: {error}") from error
    if not isinstance(frame, list) or not frame or not isinstance(frame[0], str):
        raise BrokenChannel("a frame has no kind")
    return frame


def _exactly(stream: BinaryIO, count: int) -> bytes | None:
    data = stream.read(count)
    return data if data is not None and len(data) == count else None


class FrameWriter:
    """Sends frames from a thread of its own, so that nobody who has something to say waits for a slow reader."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._thread.start()

    def send(self, frame: list[Any]) -> None:
        """Send a frame as soon as those before it are sent; it is lost where the other side is gone.

        Raises BadReply for a value that has no encoding.
        """
        self._waiting.put(encode_frame(frame))

    def close(self, wait: float | None = None) -> None:
        """Send what waits, then close the pipe; `wait` is for how many seconds to wait until that is done."""
        self._waiting.put(None)
        if wait is not None:
            self._thread.join(wait)

    def _main(self) -> None:
        try:
            while (data := self._waiting.get()) is not None:
                left = memoryview(data)
                while left:
                    left = left[os.write(self._descriptor, left) :]
        except OSError:
            pass  # the reader of this side sees the end and tells everybody
        close_descriptor(self._descriptor)


def close_descriptor(descriptor: int) -> None:
    """Close a descriptor that may be closed already."""
    try:
        os.close(descriptor)
    except OSError:
        return
