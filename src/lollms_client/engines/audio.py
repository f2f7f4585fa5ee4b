"""Sound in and out: numpy samples to WAV, MP3, FLAC, Opus … and any sound or film back to numpy samples.

Samples are float32 in -1..1, shaped (n,) for one channel or (n, channels). PyAV does the coding; WAV is written here.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from lollms_client.engines.audio_formats import FORMATS, AudioFormat, layout_of, sound_format
from lollms_client.errors import BadMedia, BadSetting
from lollms_client.types import Media

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

__all__ = [
    "FORMATS",
    "Samples",
    "decode",
    "decode_blocks",
    "duration",
    "encode",
    "encode_steps",
    "resample",
    "sound_format",
]

Samples = np.ndarray[Any, np.dtype[np.float32]]

# Only containers that carry their own sound: a playlist would make the decoder open other files and addresses.
_CONTAINERS = (
    "wav,w64,aiff,au,caf,mp3,flac,ogg,aac,ac3,eac3,amr,dts,wv,ape,tta,tak,mpc,mpc8,voc,gsm,oma,"
    "mov,mp4,matroska,webm,avi,asf,flv,mpeg,mpegts,mpegvideo,rm,nut,mxf,dv,ivf,wtv,xwma,loas,latm,mp2"
)
_OPEN_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "none"}
_GUESSING_CONTAINERS = ("aac", "ac3", "amr", "eac3", "mp3")  # they tell a length that is a guess by the bit rate
_WAV_LIMIT = 2**32 - 64


# --- writing ---------------------------------------------------------------------------------------------------------


def encode(
    samples: np.ndarray[Any, Any],
    sample_rate: int,
    output_format: str = "wav",
    *,
    new_rate: int | None = None,
    bit_rate: int | None = None,
) -> Media:
    """Write samples, (n,) or (n, channels) in -1..1 at `sample_rate` Hz, as a file of `output_format`.

    `new_rate` (Hz) resamples on the way; `bit_rate` (bits a second) is for the lossy formats. A format that does not
    know the rate gets the next rate that it knows. WAV and FLAC are 16 bit and exact; MP3, Opus and M4A keep the true
    length in their headers; raw AAC has no place for it and comes out up to 0.1 s longer. Raises BadSetting for an
    unknown format, an unusable rate or a number of channels that the format cannot hold.
    """
    steps = encode_steps(samples, sample_rate, output_format, new_rate=new_rate, bit_rate=bit_rate)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            media: Media = end.value
            return media


def encode_steps(
    samples: np.ndarray[Any, Any],
    sample_rate: int,
    output_format: str = "wav",
    *,
    new_rate: int | None = None,
    bit_rate: int | None = None,
) -> Generator[float, None, Media]:
    """Do the same as `encode` in steps of ten seconds of sound: yields the fraction done, returns the file."""
    form = sound_format(output_format)
    array = _checked(samples)
    layout = layout_of(1 if array.ndim == 1 else array.shape[1], form)
    for rate in (sample_rate, new_rate or sample_rate):
        if not 1_000 <= rate <= 768_000:
            raise BadSetting(f"a sample rate of {rate} Hz cannot be used: 1000 to 768000 can", setting="sample_rate")
    if form.name in ("wav", "pcm"):
        return (yield from _write_plain(form, array, sample_rate, new_rate or sample_rate, layout))
    buffer = io.BytesIO()
    out_rate = form.nearest_rate(new_rate or sample_rate)
    with av.open(buffer, "w", format=form.container) as container:
        yield from _write_sound(container, form, array, (sample_rate, out_rate), layout, bit_rate)
    return Media(buffer.getvalue(), form.mime)


def _write_plain(
    form: AudioFormat, array: np.ndarray[Any, Any], rate: int, out_rate: int, layout: str
) -> Generator[float, None, Media]:
    pieces: list[bytes] = []
    channels = 1 if array.ndim == 1 else array.shape[1]
    if rate == out_rate:
        for done, block in _cut(array, rate):
            yield done
            pieces.append(_sixteen_bit(block))
    else:
        for done, frame in _frames(array, rate, layout, "flt", out_rate):
            yield done
            pieces.append(_sixteen_bit(frame.to_ndarray().reshape(-1, channels)))
    data = b"".join(pieces)
    return Media(data if form.name == "pcm" else _wav_header(len(data), out_rate, channels) + data, form.mime)


def _checked(samples: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array = np.asarray(samples)
    if array.dtype.kind not in "fi" or array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] == 0):
        raise BadSetting(
            f"samples must be numbers shaped (n,) or (n, channels), not {array.dtype} {array.shape}", setting="samples"
        )
    return array


def _cut(array: np.ndarray[Any, Any], rate: int) -> Iterator[tuple[float, np.ndarray[Any, Any]]]:
    """Cut samples into blocks of ten seconds, so that an hour of sound is not held in several forms at once.

    Each comes with the fraction of the sound that lies before it.
    """
    step = max(1, rate * 10)
    return ((start / len(array), array[start : start + step]) for start in range(0, len(array), step))


def _planes(array: np.ndarray[Any, Any]) -> Samples:
    """Bring samples into shape (channels, n), float32, finite and within -1..1."""
    if array.dtype.kind == "i":
        array = array.astype(np.float32) / float(np.iinfo(array.dtype).max + 1)
    planes = np.atleast_2d(array.astype(np.float32, copy=False).T)
    clipped: Samples = np.clip(np.nan_to_num(planes, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
    return clipped


def _sixteen_bit(block: np.ndarray[Any, Any]) -> bytes:
    if block.dtype != np.int16:
        block = np.clip(np.rint(_planes(block).T * 32768.0), -32768, 32767)
    data: bytes = block.astype("<i2", copy=False).tobytes()
    return data


def _wav_header(size: int, sample_rate: int, channels: int) -> bytes:
    if size > _WAV_LIMIT:
        raise BadSetting("a WAV file holds at most 4 GiB: choose flac, mp3 or opus", setting="output_format")
    chunk = struct.pack("<HHIIHH", 1, channels, sample_rate, sample_rate * channels * 2, channels * 2, 16)
    return b"RIFF%sWAVEfmt %s%sdata%s" % (
        struct.pack("<I", 36 + size),
        struct.pack("<I", 16),
        chunk,
        struct.pack("<I", size),
    )


def _write_sound(
    container: OutputContainer,
    form: AudioFormat,
    array: np.ndarray[Any, Any],
    rates: tuple[int, int],
    layout: str,
    bit_rate: int | None,
) -> Iterator[float]:
    rate, out_rate = rates
    stream = container.add_stream(form.codec, rate=out_rate)
    assert isinstance(stream, AudioStream)
    stream.codec_context.layout = layout
    stream.codec_context.format = form.sample_format
    if form.bits_per_channel:
        stream.bit_rate = bit_rate or form.bits_per_channel * stream.codec_context.channels
    written = 0
    for done, frame in _frames(array, rate, layout, form.sample_format, out_rate):
        yield done
        frame.pts, frame.time_base = written, Fraction(1, out_rate)  # the M4A header keeps the true length by these
        written += frame.samples
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _frames(
    array: np.ndarray[Any, Any], rate: int, layout: str, sample_format: str, out_rate: int
) -> Iterator[tuple[float, AudioFrame]]:
    """Cut samples into frames and convert them; an empty sound becomes 10 ms of silence."""
    resampler = AudioResampler(format=sample_format, layout=layout, rate=out_rate)
    if len(array) == 0:
        array = np.zeros((max(1, rate // 100), *array.shape[1:]), np.float32)
    for done, block in _cut(array, rate):
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(_planes(block)), format="fltp", layout=layout)
        frame.sample_rate = rate
        frame.pts = None
        yield from ((done, converted) for converted in resampler.resample(frame))
    yield from ((1.0, converted) for converted in resampler.resample(None))


# --- reading ---------------------------------------------------------------------------------------------------------


def decode(media: bytes, sample_rate: int | None = None, mono: bool = True) -> tuple[Samples, int]:
    """Read the sound of any sound or film file: (samples, sample rate in Hz).

    With `sample_rate` None the file's own rate is kept. Samples are (n,), or (n, channels) where `mono` is False. All
    of it is held in memory: 230 MB an hour at 16 kHz; take `decode_blocks` for long files. Raises BadMedia where the
    bytes are no sound or film, or hold no sound track.
    """
    with _opened(media) as container:
        rate = sample_rate or _sound_track(container).rate or 44_100
        blocks = list(_samples_of(container, rate, mono))
    if not blocks:
        raise BadMedia("the file has a sound track, but nothing in it can be decoded", setting="audio")
    return np.concatenate(blocks), rate


def decode_blocks(media: bytes, sample_rate: int, mono: bool = True, block_seconds: float = 1.0) -> Iterator[Samples]:
    """Read the sound of a file piece by piece, each of `block_seconds` (the last one shorter), in little memory.

    Raises BadMedia as `decode` does, at the first piece.
    """
    size = max(1, round(block_seconds * sample_rate))
    waiting: list[Samples] = []
    held = 0
    with _opened(media) as container:
        for samples in _samples_of(container, sample_rate, mono):
            waiting.append(samples)
            held += len(samples)
            if held < size:
                continue
            joined = np.concatenate(waiting)
            whole = len(joined) // size * size
            yield from (joined[start : start + size] for start in range(0, whole, size))
            waiting, held = [joined[whole:]], len(joined) - whole
    if held:
        yield np.concatenate(waiting)
    elif not waiting:
        raise BadMedia("the file has a sound track, but nothing in it can be decoded", setting="audio")


def duration(media: bytes) -> float:
    """Length of the sound in seconds, from the file's headers, or from its packets where headers are known to guess.

    Nothing is decoded, so this is quick for long files too. Raises BadMedia as `decode` does.
    """
    with _opened(media) as container:
        track = _sound_track(container)
        told = _told_length(container, track)
        if told is not None and container.format.name not in _GUESSING_CONTAINERS:
            return told
        times = [packet.duration * packet.time_base for packet in container.demux(track) if packet.duration]
        counted = float(sum(times))
        if told is not None and abs(told - counted) < 0.15:  # an MP3 header that knows of the encoder's padding
            return told
        return counted


def _told_length(container: InputContainer, track: AudioStream) -> float | None:
    padding = track.codec_context.delay / 48_000 if track.codec_context.name in ("opus", "libopus") else 0.0
    if track.duration is not None and track.time_base is not None and track.duration > 0:
        return max(0.0, float(track.duration * track.time_base) - padding)
    if container.duration is not None and container.duration > 0:
        return max(0.0, container.duration / av.time_base - padding)
    return None


def resample(samples: np.ndarray[Any, Any], sample_rate: int, new_rate: int) -> Samples:
    """Bring samples, (n,) or (n, channels), from `sample_rate` to `new_rate` Hz; the length in seconds stays."""
    array = _checked(samples)
    planes = _planes(array)
    if sample_rate != new_rate and planes.shape[1]:
        layout = layout_of(len(planes), FORMATS["wav"])
        frames = [frame.to_ndarray() for _, frame in _frames(array, sample_rate, layout, "fltp", new_rate)]
        length = round(planes.shape[1] * new_rate / sample_rate)
        joined = np.concatenate(frames, axis=1)[:, :length]
        planes = np.pad(joined, ((0, 0), (0, length - joined.shape[1])))
    return planes[0] if array.ndim == 1 else np.ascontiguousarray(planes.T)


@contextmanager
def _opened(media: bytes) -> Iterator[InputContainer]:
    """Open a file for reading; whatever PyAV finds wrong with it, then or later, becomes BadMedia."""
    if not media:
        raise BadMedia("the audio is empty: 0 bytes", setting="audio")
    try:
        with av.open(io.BytesIO(media), "r", options=dict(_OPEN_OPTIONS), metadata_errors="replace") as container:
            yield container
    except BadMedia:
        raise
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise BadMedia(f"these {len(media)} bytes are no sound or film that can be read", setting="audio") from error


def _sound_track(container: InputContainer) -> AudioStream:
    if not container.streams.audio:
        raise BadMedia(f"the file ({container.format.name}) has no sound track", setting="audio")
    return container.streams.audio[0]


def _samples_of(container: InputContainer, rate: int, mono: bool) -> Iterator[Samples]:
    """Decode the first sound track, without the padding that an encoder put behind the end of an MP4 file's sound."""
    track = _sound_track(container)
    blocks = _all_samples_of(container, track, rate, mono)
    if "mp4" not in container.format.name or not track.duration or track.time_base is None:
        yield from blocks
        return
    left = round((float(track.duration * track.time_base) + _late_start(container, track)) * rate)
    behind: list[Samples] = []
    for block in blocks:
        if left:
            yield block[:left]
        if len(block) > left:
            behind.append(block[left:])
        left = max(0, left - len(block))
    if sum(map(len, behind)) > 0.2 * rate:  # more than padding: the header was wrong about the length
        yield from behind


def _all_samples_of(container: InputContainer, track: AudioStream, rate: int, mono: bool) -> Iterator[Samples]:
    """Decode a sound track; in a film, silence stands in where the sound starts after the picture."""
    layout: str | None = None
    late = _late_start(container, track)
    resampler: AudioResampler | None = None
    described: tuple[Any, ...] = ()
    for frame in _decoded(container, track):
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or shape != described:
            _check_frame(frame)
            if resampler is not None:
                yield from _as_samples(resampler.resample(None), mono)
            layout = frame.layout.name if mono else layout or frame.layout.name
            resampler, described = AudioResampler(format="flt", layout=layout, rate=rate), shape
        if late:
            channels = 1 if mono else frame.layout.nb_channels
            yield np.zeros(round(late * rate) if mono else (round(late * rate), channels), np.float32)
            late = 0.0
        frame.pts = None
        yield from _as_samples(resampler.resample(frame), mono)
    if resampler is not None:
        yield from _as_samples(resampler.resample(None), mono)


def _check_frame(frame: AudioFrame) -> None:
    if not 1_000 <= frame.sample_rate <= 768_000 or not 1 <= frame.layout.nb_channels <= 64:
        raise BadMedia(
            f"the sound claims {frame.sample_rate} Hz and {frame.layout.nb_channels} channels: the file is damaged",
            setting="audio",
        )


def _decoded(container: InputContainer, track: AudioStream) -> Iterator[AudioFrame]:
    """Frames of the track; a broken packet in the middle is passed over, as players do."""
    packets = container.demux(track)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            return
        if packet is None:
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _late_start(container: InputContainer, track: AudioStream) -> float:
    if not container.streams.video or track.start_time is None or track.time_base is None:
        return 0.0
    late = float(track.start_time * track.time_base) - (container.start_time or 0) / av.time_base
    return late if 0.02 < late < 36_000 else 0.0


def _as_samples(frames: list[AudioFrame], mono: bool) -> Iterator[Samples]:
    """Interleaved frames as samples; one channel is the mean of all, which cannot clip as the codec library's mix may.

    Frames are interleaved because PyAV crashes on eight planes and more.
    """
    for frame in frames:
        samples = frame.to_ndarray().astype(np.float32, copy=False).reshape(-1, frame.layout.nb_channels)
        if len(samples):
            yield samples.mean(axis=1, dtype=np.float32) if mono else samples
