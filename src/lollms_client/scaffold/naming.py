"""Which field of our typed requests a service's field means, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lollms_client import types

REQUESTS: dict[str, type[msgspec.Struct]] = {
    "llm": types.ChatRequest, "tti": types.ImageRequest, "stt": types.TranscriptionRequest,
    "tts": types.SpeechRequest, "ttv": types.VideoRequest, "ttm": types.MusicRequest,
}  # fmt: skip

_COMMON = {
    "model": "model", "model_id": "model", "model_name": "model", "modelid": "model", "engine_id": "model",
    "seed": "seed", "random_seed": "seed", "language": "language", "language_code": "language", "lang": "language",
    "locale": "language", "temperature": "temperature",
}  # fmt: skip
_SOUND = {
    "output_format": "output_format", "response_format": "output_format", "format": "output_format",
    "audio_format": "output_format", "codec": "output_format", "sample_rate": "sample_rate",
    "sample_rate_hz": "sample_rate", "samplerate": "sample_rate",
}  # fmt: skip
_PICTURE = {
    "prompt": "prompt", "text": "prompt", "text_prompt": "prompt", "input": "prompt", "description": "prompt",
    "negative_prompt": "negative_prompt", "width": "width", "height": "height", "size": "size", "image_size": "size",
    "steps": "steps", "num_inference_steps": "steps", "guidance": "guidance", "guidance_scale": "guidance",
    "cfg_scale": "guidance",
}  # fmt: skip
NAMES: dict[str, dict[str, str]] = {
    "llm": {
        **_COMMON, "messages": "messages", "prompt": "prompt", "max_tokens": "max_tokens", "top_p": "top_p",
        "max_completion_tokens": "max_tokens", "max_output_tokens": "max_tokens", "max_new_tokens": "max_tokens",
        "p": "top_p", "top_k": "top_k", "k": "top_k", "stop": "stop", "stop_sequences": "stop",
        "frequency_penalty": "frequency_penalty", "presence_penalty": "presence_penalty", "input": "prompt",
        "min_p": "min_p", "inputs": "prompt", "repetition_penalty": "repeat_penalty",
        "system": "system", "system_prompt": "system", "system_instruction": "system", "preamble": "system",
        "instructions": "system",
    },
    "tti": {
        **_COMMON, **_PICTURE, "style": "style", "style_preset": "style", "quality": "quality",
        "output_format": "output_format", "image": "images", "init_image": "images", "image_file": "images",
        "images": "images", "mask": "mask", "strength": "strength", "image_strength": "strength",
    },
    "stt": {
        **_COMMON, "file": "audio", "audio": "audio", "audio_file": "audio", "prompt": "prompt",
        "diarize": "speakers", "speaker_labels": "speakers", "translate": "translate",
    },
    "tts": {
        **_COMMON, **_SOUND, "text": "text", "input": "text", "transcript": "text", "words": "text", "prompt": "text",
        "voice": "voice", "voice_id": "voice", "speaker": "voice", "voice_name": "voice", "voiceid": "voice",
        "speed": "speed", "rate": "speed", "speaking_rate": "speed", "pace": "speed", "pitch": "pitch",
        "volume": "volume", "instructions": "instructions", "ssml": "ssml",
    },
    "ttv": {
        **_COMMON, **_PICTURE, "duration": "seconds", "seconds": "seconds", "duration_seconds": "seconds",
        "fps": "fps", "frame_rate": "fps", "image": "image", "first_frame": "image", "first_frame_image": "image",
        "generate_audio": "sound", "with_audio": "sound", "last_frame": "last_image",
    },
    "ttm": {
        **_COMMON, **_SOUND, "prompt": "prompt", "text": "prompt", "description": "prompt", "input": "prompt",
        "negative_prompt": "negative_prompt", "lyrics": "lyrics", "duration": "seconds", "seconds": "seconds",
        "length": "seconds", "duration_seconds": "seconds", "music_length_ms": "milliseconds",
        "duration_ms": "milliseconds", "instrumental": "instrumental", "force_instrumental": "instrumental",
        "make_instrumental": "instrumental", "tempo": "tempo", "bpm": "tempo", "genre": "genre", "mood": "mood",
        "key": "key",
    },
}  # fmt: skip
MAIN = {"llm": ("messages", "prompt"), "tti": ("prompt",), "stt": ("audio",), "tts": ("text",), "ttv": ("prompt",),
        "ttm": ("prompt",)}  # fmt: skip
_TYPES = {
    "string": {"model", "language", "prompt", "text", "voice", "instructions", "negative_prompt", "size", "style",
               "quality", "output_format", "lyrics", "genre", "mood", "key", "image", "images", "mask", "audio", "stop",
               "seconds", "last_image", "system"},
    "integer": {"seed", "sample_rate", "width", "height", "steps", "max_tokens", "top_k", "seconds", "tempo",
                "milliseconds", "fps"},
    "number": {"speed", "pitch", "volume", "temperature", "top_p", "guidance", "strength", "seconds", "tempo", "fps",
               "sample_rate", "frequency_penalty", "presence_penalty", "repeat_penalty", "min_p", "milliseconds"},
    "boolean": {"ssml", "translate", "speakers", "sound", "instrumental"},
    "array": {"messages", "stop", "images"},
    "object": set(),
}  # fmt: skip


_MADE = ("size", "milliseconds", "system")  # of other fields of the request


def our_name(binding_type: str, name: str, schema: Mapping[str, Any]) -> str:
    """The field of the typed request for a service's field; "" where there is none, or where the types do not meet."""
    plain = name.replace("-", "_").replace("[]", "").lower()
    humps = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
    found = NAMES[binding_type].get(plain) or NAMES[binding_type].get(humps, "")
    if found not in (*REQUESTS[binding_type].__struct_fields__, *_MADE):
        return ""
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _TYPES and found not in _TYPES[kind]:
        return ""
    options = [str(item).lower() for item in schema.get("enum") or ()]
    if found == "output_format" and {"url", "b64_json", "base64", "json"} & set(options):
        return ""
    return "" if found == "size" and options and not all("x" in item or item == "auto" for item in options) else found
