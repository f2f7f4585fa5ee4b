"""The bindings of each version, and the settings that each needs to be tried against the fake services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.compatibility.wheels import unpacked

TYPES = ("llm", "tti", "stt", "tts", "ttv", "ttm")
KEYS = {"service_key": "sk-test", "api_key": "sk-test"}
# what a binding needs besides its keys and a model; only what its manifest or its code knows is given
SETTINGS: dict[tuple[str, str], dict[str, Any]] = {
    ("llm", "litellm"): {"host_address": "http://localhost:4000"},
    ("llm", "lollms_webui"): {"host_address": "http://localhost:9600"},
    ("llm", "openwebui"): {"host_address": "http://localhost:8080"},
    ("llm", "openllm"): {"host_address": "http://localhost:3000"},
    ("llm", "azure_openai"): {
        "azure_endpoint": "https://test.openai.azure.com",
        "deployment_name": "m",
        "api_version": "2024-02-01",
    },
    ("llm", "smart_router"): {
        "model_profiles": {
            "openai_compatible/m": {
                "binding_name": "openai_compatible",
                "model_name": "m",
                "binding_config": {"host_address": "http://localhost:4000/v1", "model_name": "m"},
            }
        }
    },
    ("stt", "lollms"): {"host_address": "http://localhost:9600"},
    ("tts", "lollms"): {"host_address": "http://localhost:9600"},
    ("ttm", "suno_ttm"): {"cookie": "__client=abc"},
    ("tti", "gemini"): {"auth_method": "api_key", "project_id": "p1"},
    ("tti", "diffusers"): {"auto_start_server": False},
    ("stt", "whisper"): {"auto_start_server": False},
    ("tts", "bark"): {"auto_start_server": False},
    ("tts", "piper_tts"): {"auto_start_server": False},
    ("tts", "xtts"): {"auto_start_server": False},
    ("tts", "vibevoice"): {"auto_start_server": False},
    ("tts", "FishSpeech"): {"auto_start_server": False},
    ("tts", "vllm_omni"): {"auto_start_server": False},
    ("tts", "voxtral"): {"auto_start_server": False},
    ("ttv", "diffusers"): {"auto_start_server": False},
    ("ttv", "minimaxh3"): {"auto_start_server": False},
    ("ttm", "diffusers"): {"auto_start_server": False},
}
MODELS = {
    ("llm", "claude"): "claude-m",
    ("llm", "gemini"): "gemini-m",
    ("ttm", "stability_ai"): "meta/musicgen:b05b1dff1d8c6ac63d42422dd565e23b63869bf2d51acda751e04b5dd304535d",
    ("ttm", "replicate"): "stable-audio-2.0",
}


class Case(NamedTuple):
    """A binding of one version."""

    version: str
    type: str
    name: str
    folder: Path

    @property
    def label(self) -> str:
        return f"{self.version}/{self.type}/{self.name}"


def cases(version: str) -> Iterator[Case]:
    """The bindings that a version brings, by modality and name."""
    package = unpacked(version)
    for kind in TYPES:
        folder = package / f"{kind}_bindings"
        for item in sorted(folder.iterdir()):
            if item.is_dir() and item.name[0] not in "._":
                yield Case(version, kind, item.name, folder)


def settings_of(case: Case) -> dict[str, Any]:
    """The settings for one binding: those of the above that it knows."""
    from lollms_client.errors import LollmsError
    from lollms_client.registry import Registry
    from lollms_client.settings.resolution import manifest_names

    wanted = {**KEYS, **SETTINGS.get((case.type, case.name), {})}
    try:
        manifest = Registry(typed_dirs={case.type: case.folder}).find(case.name, case.type).manifest
    except LollmsError:
        return {}
    if manifest is None:
        return {}
    known = {parameter.name: parameter for parameter in manifest.input_parameters}
    for name in ("model_name", "model"):
        if name in known:
            options = known[name].options
            wanted[name] = MODELS.get((case.type, case.name)) or (options[0] if options else "m")
    read = manifest_names(manifest)
    return {name: value for name, value in wanted.items() if name in read}
