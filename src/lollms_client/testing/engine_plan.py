"""The smallest calls of a binding that works on this machine, as its manifest allows them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lollms_client.manifest import Manifest, Parameter
from lollms_client.testing.cases_media import picture
from lollms_client.types.media import Media

SENTENCES = ("The sea is calm tonight.", "The price of copper fell.")
SEED = 7
# what is wished for; the range and the options of the manifest decide
_WISHES: dict[str, float] = {
    "width": 96, "height": 64, "seconds": 1.0, "duration": 1.0, "fps": 8, "steps": 2, "num_inference_steps": 2,
    "max_tokens": 8, "n_predict": 8, "count": 1, "n": 1, "seed": SEED,
}  # fmt: skip
# what a binding may refuse where nobody says from where on it is allowed: given only with a range or options
_RANGED = ("width", "height", "seconds", "duration", "fps", "steps", "num_inference_steps")
_PROMPTS = {
    "generate_text": "Say hello to the sea.", "generate_image": "a red house under a blue sky",
    "generate_audio": "Hello there.", "generate_video": "a ball bounces on the grass", "generate_music": "calm piano",
    "edit_image": "a small red dot",
}  # fmt: skip
_MAIN = {
    "llm": ("chat", "generate_text"), "tti": ("image", "generate_image"), "stt": ("transcribe", "transcribe_audio"),
    "tts": ("speech", "generate_audio"), "ttv": ("video", "generate_video"), "ttm": ("music", "generate_music"),
}  # fmt: skip


class Planned(NamedTuple):
    """One call: the client's method, the documented method whose parameters it takes, and what is given."""

    title: str
    call: str
    method: str
    content: tuple[Any, ...]
    options: dict[str, Any]


def spoken() -> Media:
    """Seven tenths of a second in which a synthesiser says two words; 16 kHz, one channel."""
    return Media.of(Path(__file__).parent / "media" / "turn_left.wav")


def parameters_of(manifest: Manifest, method: str) -> tuple[Parameter, ...]:
    """The parameters of a documented method; those of `generate_text` and `chat` stand for each other."""
    other = {"generate_text": "chat", "chat": "generate_text", "generate_from_messages": "generate_text"}
    return manifest.method(method) or manifest.method(other.get(method, ""))


def small_options(manifest: Manifest, method: str) -> dict[str, Any]:
    """Keyword arguments that make a call of that method as small as its manifest allows, and repeatable."""
    found: dict[str, Any] = {}
    for parameter in parameters_of(manifest, method):
        wish = _WISHES.get(parameter.name)
        if parameter.name in ("seconds", "duration") and method == "generate_video":
            wish = 0.5
        known = bool(parameter.options) or parameter.min is not None or parameter.name not in _RANGED
        if wish is not None and known and parameter.type in ("int", "float"):
            found[parameter.name] = allowed(parameter, wish)
    return found


def allowed(parameter: Parameter, wish: float) -> int | float:
    """The number next to a wish that a parameter's range, options and type allow."""
    numbers = [option for option in parameter.options if isinstance(option, int | float)]
    if numbers:
        return min(numbers, key=lambda option: abs(option - wish))
    low = -math.inf if parameter.min is None else parameter.min
    high = math.inf if parameter.max is None else parameter.max
    value = min(max(wish, low), high)
    if parameter.step and parameter.step >= 1 and parameter.min is not None:
        value = min(low + math.ceil((value - low) / parameter.step) * parameter.step, high)
    return math.ceil(value) if parameter.type == "int" else float(value)


def plan(manifest: Manifest, methods: Collection[str]) -> list[Planned]:
    """The calls to be made of a binding: its main one first. `methods` are those that its class defines."""
    call, method = _MAIN[manifest.binding_type]
    options = small_options(manifest, method)
    speaks = manifest.binding_type != "llm" or bool(
        {"chat", "generate_text", "generate_from_messages", "chat_flow", "run_chat"} & set(methods)
    )
    found = [Planned(call, call, method, _content(method), options)] * speaks
    found += list(_further(manifest, methods))
    found += list(_rates(manifest, call, method, options))
    found += [
        Planned(f"{call} as {value}", call, method, _content(method), {**options, "output_format": value})
        for value in _formats(manifest, method)
    ]
    return [*found, Planned("models", "models", "list_models", (manifest.binding_type,), {})]


def _content(method: str) -> tuple[Any, ...]:
    if method == "transcribe_audio":
        return (spoken(),)
    if method == "edit_image":
        return (picture(96, 64), _PROMPTS[method])
    return (_PROMPTS[method],)


def _further(manifest: Manifest, methods: Collection[str]) -> Iterator[Planned]:
    kind, own = manifest.binding_type, set(methods)
    if kind == "llm" and ({"embed", "embedding_flow", "run_embedding"} & own):
        yield Planned("embed", "embed", "embed", (SENTENCES,), small_options(manifest, "embed"))
    if kind == "tti":
        many = next((item for item in manifest.method("generate_image") if item.name in ("count", "n")), None)
        if many is not None and (many.max is None or many.max >= 2):
            options = {**small_options(manifest, "generate_image"), many.name: 2}
            yield Planned("two images", "image", "generate_image", _content("generate_image"), options)
        if {"edit", "inpaint", "image_to_image"} & set(manifest.capabilities) or "edit_image" in own:
            options = small_options(manifest, "edit_image")
            yield Planned("edit_image", "edit_image", "edit_image", _content("edit_image"), options)
    if kind == "ttv" and "image_to_video" in manifest.capabilities:
        options = {**small_options(manifest, "generate_video"), "image": picture(96, 64)}
        yield Planned("video of an image", "video", "generate_video", _content("generate_video"), options)
    if kind == "tts" and (("voices" in manifest.capabilities) or {"list_voices", "voices_flow", "run_voices"} & own):
        yield Planned("voices", "voices", "list_voices", (), {})


def _rates(manifest: Manifest, call: str, method: str, options: dict[str, Any]) -> Iterator[Planned]:
    """A sound at another sample rate than the usual, in a format that knows all rates."""
    rate = next((item for item in manifest.method(method) if item.name == "sample_rate"), None)
    if rate is None or call not in ("speech", "music"):
        return
    wav = {"output_format": "wav"} if "wav" in _formats(manifest, method) else {}
    hertz = allowed(rate, 16_000)
    yield Planned(f"{call} at {hertz} Hz", call, method, _content(method), {**options, **wav, rate.name: hertz})


def _formats(manifest: Manifest, method: str) -> list[Any]:
    found = next((item for item in manifest.method(method) if item.name == "output_format"), None)
    return [] if found is None else [option for option in found.options if isinstance(option, str)]
