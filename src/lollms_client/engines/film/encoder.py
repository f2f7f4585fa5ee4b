"""Writes frames and sound into an MP4 file: H.264 and AAC, playable while it loads."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

from lollms_client.errors import EngineFailed

SOUND_RATE = 44_100
"""Hz of the sound that `add_sound` takes."""

_BLOCK = 1024  # samples in an AAC frame


class FilmWriter:
    """A film being written; use it as a context manager, so that the file is removed whatever happens.

    Width and height in pixels must be even. Add every frame, then the sound, then `finish`.
    """

    def __init__(self, width: int, height: int, fps: Fraction, with_sound: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="film-")
        self._path = Path(self._folder.name) / "film.mp4"
        try:
            self._container = av.open(str(self._path), "w", options={"movflags": "faststart"})
            self._video: VideoStream = self._container.add_stream("libx264", rate=fps)
        except (av.FFmpegError, ValueError) as problem:
            self._folder.cleanup()
            raise EngineFailed(f"this PyAV cannot write H.264 video: {problem}") from problem
        self._video.width, self._video.height = width, height
        self._video.pix_fmt = "yuv420p"
        # x264's macroblock tree does not give the same bytes every time in very small films
        small = {"x264-params": "mbtree=0"} if min(width, height) < 128 else {}
        self._video.options = {"preset": "veryfast", "crf": "20", **small}
        self._video.codec_context.time_base = 1 / fps
        self._audio: AudioStream | None = None
        if with_sound:
            self._audio = self._container.add_stream("aac", rate=SOUND_RATE, layout="stereo")
            self._audio.bit_rate = 128_000
        self._count = 0
        self._open = True

    def __enter__(self) -> FilmWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        self._folder.cleanup()

    def _close(self) -> None:
        if self._open:
            self._open = False
            try:
                self._container.close()
            except av.FFmpegError:
                return  # given up half-way: the file is thrown away

    def add_frame(self, image: Image.Image) -> None:
        """Add one picture of the film's size."""
        frame = VideoFrame.from_ndarray(numpy.asarray(image.convert("RGB")), format="rgb24")
        frame.pts = self._count
        self._count += 1
        for packet in self._video.encode(frame):
            self._container.mux(packet)

    def add_sound(self, samples: NDArray[numpy.float32]) -> None:
        """Add the whole sound: shape (number of samples, 2), -1 to 1, at SOUND_RATE."""
        if self._audio is None:
            return
        planes: NDArray[Any] = numpy.ascontiguousarray(numpy.clip(samples, -1, 1).T.astype(numpy.float32))
        for start in range(0, planes.shape[1], _BLOCK):
            block = numpy.ascontiguousarray(planes[:, start : start + _BLOCK])
            frame = AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate = SOUND_RATE
            frame.pts = start
            for packet in self._audio.encode(frame):
                self._container.mux(packet)
        for packet in self._audio.encode(None):
            self._container.mux(packet)

    def finish(self) -> bytes:
        """The file's bytes."""
        for packet in self._video.encode(None):
            self._container.mux(packet)
        self._close()
        return self._path.read_bytes()
