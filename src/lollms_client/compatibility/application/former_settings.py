"""Settings that applications give to the public package's bindings, in the terms of ours."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

# another name: ours, taken where the manifest has it and nobody gave it
_NAMES = {
    "api_key": "service_key",
    "azure_api_version": "api_version",
    "azure_endpoint": "host_address",
    "base_url": "host_address",
    "ctx_size": "n_ctx",
    "embedding_model": "embedding_model_name",
    "groq_api_key": "service_key",
    "hf_api_key": "service_key",
    "max_model_len": "ctx_size",
    "model": "model_name",
    "n_ctx": "ctx_size",
    "open_router_api_key": "service_key",
}
# what the public package hands to its own bindings, or what only their code knows
_DROPPED = frozenset(
    {
        "ai_name", "allow_non_standard_parameters", "auth_method", "cap_image_size", "chat_format", "ctx_size", "cwd",
        "debug", "default_completion_format", "forced_ctx_size", "glm_image_embedding",
        "image_downsizing_max_dimension",
        "is_vllm", "n_threads", "oauth_agent_name", "oauth_api_base", "oauth_auto_login", "oauth_credentials_path",
        "send_thinking_parameter", "stream", "streaming_callback",
        "supported_reasoning_efforts", "system_dir", "thinking_effort_keyword", "user_name",
        "video_enabled", "vision_enabled", "wait_for_server",
    }
)  # fmt: skip

# settings of the public package's base class: how a call is made where it does not say
CALL_DEFAULTS = frozenset({"n_predict", "temperature", "top_k", "top_p", "repeat_penalty", "repeat_last_n", "seed"})


def in_our_terms(given: Mapping[str, Any], known: Container[str]) -> tuple[dict[str, Any], list[str]]:
    """The settings under their names here, and what was renamed or left out; other unknown names stay as they are."""
    settings: dict[str, Any] = {}
    notes: list[str] = []
    for name, value in given.items():
        ours = _NAMES.get(name, "")
        if name in CALL_DEFAULTS and name not in known:
            notes.append(f"the setting {name!r} is taken as the default of generate_text and its kin alone")
        elif name in known or (name not in _DROPPED and ours not in known):
            settings[name] = value
        elif ours in known and ours not in given:
            settings[ours] = value
            notes.append(f"the setting {name!r} is called {ours!r} here")
        else:
            notes.append(f"the setting {name!r} of earlier versions means nothing here")
    return settings, notes
