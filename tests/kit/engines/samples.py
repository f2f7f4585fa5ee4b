"""Small engines without fault, one for each modality: each is a folder's manifest and code."""
# ruff: noqa: E501 (pieces of code are easier to read whole)

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Sample(NamedTuple):
    """A binding: its modality, and what its two files hold."""

    binding_type: str
    manifest: str
    code: str


_HEAD = """
title: Sample engine
author: A tester
version: "1.0.0"
license: MIT
binding_type: {kind}
description: An engine of a few lines, for tests of the kit.
offline: true
requirements: []
capabilities: [{capabilities}]
"""
_IMPORTS = '''"""A sample."""

import random
import struct
import zlib

from lollms_client.errors import BadMedia, BadSetting, NotFound
from lollms_client.families.engine import EngineBinding
from lollms_client.lollms_{kind}_binding import Lollms{upper}Binding
from lollms_client.testing.cases_media import film, picture, tone
from lollms_client.types import *
from lollms_client.types.chat import Finished, TextDelta

BindingName = "Engine"


def number(value, name, low, high, usual):
    if value is None:
        return usual
    if not low <= value <= high:
        raise BadSetting(f"{{name}} must be from {{low}} to {{high}}, not {{value}}", setting=name)
    return value


def words(text, name):
    if not text.strip():
        raise BadSetting(f"{{name}} is empty: say something", setting=name)


class Engine(EngineBinding, Lollms{upper}Binding):
    """Works."""

    def load(self):
        return object()

    def run_models(self):
        return [ModelInfo(name="one")]

    def known(self, request):
        if request.model not in (None, "one"):
            raise NotFound(f"there is no model {{request.model!r}}; there is one", setting="model")
'''
_PAINT = """
    def run_image(self, request, token):
        self.known(request)
        words(request.prompt, "prompt")
        for image in request.images:
            if not image.startswith(b"\\x89PNG") or image[-8:-4] != b"IEND":
                raise BadMedia("the picture to be changed is no PNG that can be read", setting="images")
        width = number(request.width, "width", 8, 256, 64)
        height = number(request.height, "height", 8, 256, 64)
        if request.style not in (None, "plain", "wild"):
            raise BadSetting(f"there is no style {request.style!r}; plain and wild are known", setting="style")
        count = number(request.count, "count", 1, 4, 1)
        seed = number(request.seed, "seed", 0, 9999, 1)
        made = []
        for at in range(count):
            for step in range(4):
                yield Progress(fraction=step / 4)
            made.append(Media(self.paint(width, height, seed + at), "image/png"))
        return ImageResult(images=tuple(made), seed=seed)

    def paint(self, width, height, seed):
        colours = random.Random(seed)
        rows = b"".join(b"\\0" + colours.randbytes(3) * width for _ in range(height))
        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
        data = [struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
                for kind, body in parts]
        return b"\\x89PNG\\r\\n\\x1a\\n" + b"".join(data)
"""
_PLAY = """
    def run_music(self, request, token):
        self.known(request)
        words(request.prompt, "prompt")
        seconds = number(request.seconds, "seconds", 0.5, 20, 1.0)
        number(request.tempo, "tempo", 30, 300, 100)
        rate = self.parameter(request, "sample_rate") or 8000
        if request.output_format not in (None, "wav", "flac"):
            raise BadSetting(f"there is no format {request.output_format!r}; wav and flac are known", setting="output_format")
        for step in range(6):
            yield Progress(fraction=step / 6)
        sound = tone(seconds, request.output_format or "wav", rate)
        return MusicResult(audio=sound, seconds=seconds, seed=request.seed)
"""
_WRITE = """
    def run_chat(self, request, token):
        self.known(request)
        if not request.messages:
            raise BadSetting("there is no message to answer", setting="messages")
        most = number(request.max_tokens, "max_tokens", 1, 100, 5)
        for at in range(most):
            yield TextDelta(text=f"word {at} ")
        yield Finished(finish="length", usage=Usage(input_tokens=3, output_tokens=most))

    def run_embedding(self, request, token):
        if not request.texts:
            raise BadSetting("there is no text to embed", setting="texts")
        vectors = []
        for text in request.texts:
            yield Progress(stage="embedding")
            vectors.append((float(len(text)), 1.0, 0.5))
        return EmbeddingResult(vectors=tuple(vectors))

    def run_tokenize(self, text):
        return list(text.encode())

    def run_detokenize(self, tokens):
        return bytes(tokens).decode("utf-8", "replace")
"""
_HEAR = """
    def run_transcription(self, request, token):
        self.known(request)
        if request.audio[:4] != b"RIFF" or len(request.audio) < 100:
            raise BadMedia("the sound is no WAV file that can be read", setting="audio")
        for step in range(3):
            yield Progress(fraction=step / 3)
        heard = (Segment(text="turn", start=0.0, end=0.3), Segment(text="left", start=0.3, end=0.6))
        return TranscriptionResult(text="turn left", seconds=0.7, segments=heard)
"""
_FILM = """
    def run_video(self, request, token):
        self.known(request)
        words(request.prompt, "prompt")
        if request.image is not None and request.image[:4] != b"\\x89PNG":
            raise BadMedia("the first picture is no PNG that can be read", setting="image")
        seconds = number(request.seconds, "seconds", 0.3, 5, 1.0)
        width = number(request.width, "width", 16, 128, 64)
        height = number(request.height, "height", 16, 128, 64)
        for step in range(4):
            yield Progress(fraction=step / 4)
        made = film(width, height, seconds)
        return VideoResult(video=made, seconds=seconds, width=width, height=height)
"""
_MODEL = "  - {name: model, type: str, description: The model.}\n"
_SIZE = """  - {{name: width, type: int, description: Width., min: {low}, max: {high}, unit: px}}
  - {{name: height, type: int, description: Height., min: {low}, max: {high}, unit: px}}
"""


def _sample(kind: str, capabilities: str, parameters: str, code: str) -> Sample:
    head = _HEAD.format(kind=kind, capabilities=capabilities)
    return Sample(kind, head + parameters, _IMPORTS.format(kind=kind, upper=kind.upper()) + code)


SAMPLES = {
    "painter": _sample(
        "tti", "generate, edit, seed",
        "generate_image_parameters:\n" + _MODEL + _SIZE.format(low=8, high=256)
        + "  - {name: count, type: int, description: How many., default: 1, min: 1, max: 4}\n"
        "  - {name: seed, type: int, description: Chooses the colours., min: 0, max: 9999}\n"
        "  - {name: style, type: str, description: The style., default: plain, options: [plain, wild]}\n"
        "edit_image_parameters:\n  - {name: seed, type: int, description: Chooses the colours., min: 0, max: 9999}\n",
        _PAINT,
    ),
    "player": _sample(
        "ttm", "generate",
        "generate_music_parameters:\n" + _MODEL
        + "  - {name: seconds, type: float, description: Length., min: 0.5, max: 20, unit: s}\n"
        "  - {name: tempo, type: float, description: Beats a minute., min: 30, max: 300}\n"
        "  - {name: output_format, type: str, description: The format., options: [wav, flac]}\n"
        "  - {name: sample_rate, type: int, description: Samples a second., min: 8000, max: 48000, unit: Hz}\n",
        _PLAY,
    ),
    "writer": _sample(
        "llm", "chat, stream, embed, tokenize",
        "generate_text_parameters:\n" + _MODEL
        + "  - {name: max_tokens, type: int, description: The longest answer., min: 1, max: 100}\n",
        _WRITE,
    ),
    "hearer": _sample("stt", "transcribe", "transcribe_audio_parameters:\n" + _MODEL, _HEAR),
    "filmer": _sample(
        "ttv", "generate, image_to_video",
        "generate_video_parameters:\n" + _MODEL + _SIZE.format(low=16, high=128)
        + "  - {name: seconds, type: float, description: Length., min: 0.3, max: 5, unit: s}\n",
        _FILM,
    ),
}  # fmt: skip

SAMPLES["hummer"] = Sample(  # a plain documented class
    "tts",
    _HEAD.format(kind="tts", capabilities="speech, voices")
    + "generate_audio_parameters:\n  - {name: voice, type: str, description: The voice., default: low}\n"
    "  - {name: speed, type: float, description: The pace., default: 1.0, min: 0.5, max: 2.0}\n",
    '''"""A sample."""

from lollms_client.lollms_tts_binding import LollmsTTSBinding
from lollms_client.testing.cases_media import tone

BindingName = "Hummer"


class Hummer(LollmsTTSBinding):
    """Hums."""

    def __init__(self, **kwargs):
        super().__init__("hummer", **kwargs)

    def generate_audio(self, text, voice=None, speed=1.0, **kwargs):
        if voice not in (None, "low", "high"):
            raise ValueError(f"there is no voice {voice!r}; low and high are known")
        return bytes(tone(0.5))

    def list_voices(self):
        return ["low", "high"]

    def list_models(self):
        return ["one"]
''',
)


def write_engine(folder: Path, sample: Sample, old: str = "", new: str = "") -> Path:
    """A sample in a folder, with one thing replaced in its manifest or its code, or nothing."""
    manifest, code = sample.manifest, sample.code
    if old:
        assert manifest.count(old) + code.count(old) >= 1, old
        manifest, code = manifest.replace(old, new, 1), code.replace(old, new, 1)
    folder.mkdir(parents=True)
    (folder / "description.yaml").write_text(manifest, encoding="utf-8")
    (folder / "__init__.py").write_text(code, encoding="utf-8")
    return folder
