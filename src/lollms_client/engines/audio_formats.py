"""The sound formats that can be written: their codecs, containers, MIME types and sample rates."""

from __future__ import annotations

import difflib

import msgspec

from lollms_client.errors import BadSetting

_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_AAC_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000)
_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


class AudioFormat(msgspec.Struct, frozen=True, kw_only=True):
    """One format: PyAV's names for it, and what it can hold."""

    name: str
    mime: str
    container: str
    codec: str
    sample_format: str = "fltp"
    rates: tuple[int, ...] = ()  # Hz; empty: any
    channels: int = 8  # at most
    bits_per_channel: int = 0  # bits a second for each channel; 0: lossless

    def nearest_rate(self, rate: int) -> int:
        """The lowest known rate that loses nothing of `rate` (Hz), else the highest one."""
        if not self.rates or rate in self.rates:
            return rate
        return next((known for known in self.rates if known >= rate), self.rates[-1])


FORMATS = {
    form.name: form
    for form in (
        AudioFormat(name="wav", mime="audio/wav", container="wav", codec="pcm_s16le", sample_format="s16"),
        AudioFormat(
            name="mp3", mime="audio/mpeg", container="mp3", codec="libmp3lame", rates=_MP3_RATES, channels=2,
            bits_per_channel=96_000,
        ),
        AudioFormat(name="flac", mime="audio/flac", container="flac", codec="flac", sample_format="s16"),
        AudioFormat(
            name="opus", mime="audio/opus", container="ogg", codec="libopus", sample_format="flt", rates=(48_000,),
            channels=2, bits_per_channel=64_000,
        ),
        AudioFormat(
            name="ogg", mime="audio/ogg", container="ogg", codec="libopus", sample_format="flt", rates=(48_000,),
            channels=2, bits_per_channel=64_000,
        ),
        AudioFormat(
            name="webm", mime="audio/webm", container="webm", codec="libopus", sample_format="flt", rates=(48_000,),
            channels=2, bits_per_channel=64_000,
        ),
        AudioFormat(
            name="aac", mime="audio/aac", container="adts", codec="aac", rates=_AAC_RATES, channels=2,
            bits_per_channel=96_000,
        ),
        AudioFormat(
            name="m4a", mime="audio/mp4", container="ipod", codec="aac", rates=_AAC_RATES, channels=2,
            bits_per_channel=96_000,
        ),
        AudioFormat(name="pcm", mime="audio/pcm", container="s16le", codec="pcm_s16le", sample_format="s16"),
    )
}  # fmt: skip
_ALIASES = {
    "wave": "wav", "x-wav": "wav", "mpeg": "mp3", "mpga": "mp3", "oga": "ogg", "mp4": "m4a", "weba": "webm",
    "raw": "pcm",
}  # fmt: skip


def sound_format(name: str) -> AudioFormat:
    """Find a format by its name, extension or MIME type (`mp3`, `.MP3`, `audio/mpeg`).

    Raises BadSetting, naming the known formats, where there is none.
    """
    plain = name.strip().lower().removeprefix("audio/").lstrip(".")
    plain = _ALIASES.get(plain, plain)
    if plain in FORMATS:
        return FORMATS[plain]
    near = difflib.get_close_matches(plain, FORMATS, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise BadSetting(
        f"unknown sound format {name!r}: {hint}known are {', '.join(FORMATS)}",
        setting="output_format",
        options=list(FORMATS),
    )


def layout_of(channels: int, form: AudioFormat) -> str:
    """PyAV's layout name for a number of channels; BadSetting where the format cannot hold as many."""
    if channels > form.channels or channels not in _LAYOUTS:
        raise BadSetting(f"{form.name} holds at most {form.channels} channels, not {channels}", setting="channels")
    return _LAYOUTS[channels]
