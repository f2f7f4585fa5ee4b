"""The constructor's arguments of the public client, versions 1.6 to 1.21, in our terms."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lollms_client.client_core import BINDING_TYPES, Choice
from lollms_client.compatibility.application.state import PLACE, ApplicationState
from lollms_client.errors import BadSetting

_MODALITIES = ("llm", "tts", "tti", "stt", "ttv", "ttm", "tools")
# of positional arguments
_ORDER = (
    *(f"{kind}_binding_name" for kind in _MODALITIES),
    *(f"{kind}_bindings_dir" for kind in _MODALITIES),
    *(f"{kind}_binding_config" for kind in _MODALITIES),
    "user_name",
    "ai_name",
)
_EXTRAS = {"llms": "llm", "ttis": "tti", "tts": "tts", "stts": "stt", "ttvs": "ttv", "ttms": "ttm"}
_PLAIN = {"user_name": "user", "ai_name": "assistant", "callback": None, "debug": False}
_LLM_SETTINGS = ("host_address", "model_name", "service_key", "verify_ssl_certificate", "certificate_file_path")
_IGNORED = {
    "cooperative_vram_management": "each engine gives its memory back by itself, or at client.close()",
    "n_predict": "give it with each call",
    "min_n_predict": "give n_predict with each call",
    "temperature": "give it with each call",
    "top_k": "give it with each call",
    "top_p": "give it with each call",
    "repeat_penalty": "give it with each call",
    "repeat_last_n": "give it with each call",
    "seed": "give it with each call",
    "stream": "give a streaming_callback with each call, or use stream_chat",
    "streaming_callback": "give it with each call",
    "ctx_size": "set it in llm_binding_config",
    "n_threads": "set it in llm_binding_config",
    "default_completion_format": "models are asked with messages",
}
_FOREIGN = ("connection_", "rag_")


def understood(places: Sequence[Any], given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is left for the client itself, and attributes for it; what means nothing here is warned of.

    Raises BadSetting for a positional argument too many and for what is given twice.
    """
    left = dict(given)
    _place(places, left)
    told = _told(left)
    attributes: dict[str, Any] = {name: left.pop(name, default) for name, default in _PLAIN.items()}
    state = ApplicationState()
    _take_tools(left, state)
    _take_extras(left, state)
    _take_profiles(left, state)
    _take_llm_settings(left)
    for name in [name for name in left if name in _IGNORED or name.startswith(_FOREIGN)]:
        if left.pop(name) is not None:
            reason = _IGNORED.get(name, "connections and retrieval are not part of this package")
            warnings.warn(f"LollmsClient ignores {name}: {reason}", UserWarning, stacklevel=6)
    return left, {**attributes, PLACE: state, "_told_to_bindings": told}


def _told(left: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What each modality's bindings are told of the client's arguments: who speaks, and whether to tell more."""
    debug = {"debug": left["debug"]} if left.get("debug") is not None else {}
    names = {name: left[name] for name in ("user_name", "ai_name") if left.get(name) is not None}
    return {kind: {**debug, **(names if kind == "llm" else {})} for kind in BINDING_TYPES}


def _place(values: Sequence[Any], left: dict[str, Any]) -> None:
    if len(values) > len(_ORDER):
        raise BadSetting(f"at most {len(_ORDER)} arguments can stand without their keyword", setting="arguments")
    for keyword, value in zip(_ORDER, values, strict=False):
        if left.get(keyword) is not None:
            raise BadSetting(f"{keyword} is given twice", setting=keyword)
        if value is not None:
            left[keyword] = value


def _take_tools(left: dict[str, Any], state: ApplicationState) -> None:
    found: dict[str, Any] = {}
    for prefix in ("mcp", "tools"):
        for what in ("binding_name", "binding_config", "bindings_dir"):
            value = left.pop(f"{prefix}_{what}", None)
            if value is not None:
                found[what] = value
    if found.get("binding_name"):
        state.tools = Choice(str(found["binding_name"]), dict(found.get("binding_config") or {}))
        _look_in_mixed_folders(left.get("bindings_dir"), found)
    state.tools_dir = found.get("bindings_dir")


def _look_in_mixed_folders(folders: Any, found: dict[str, Any]) -> None:
    """Where no folder of tool bindings is given, the one of `bindings_dir` that holds the binding that was named."""
    if folders is None or "bindings_dir" in found:
        return
    from lollms_client.compatibility.bindings.tools import list_tool_bindings

    for folder in [folders] if isinstance(folders, str | Path) else folders:
        if found["binding_name"] in list_tool_bindings(folder):
            found["bindings_dir"] = folder
            return


def _take_extras(left: dict[str, Any], state: ApplicationState) -> None:
    for ending, kind in _EXTRAS.items():
        argument = f"extra_{ending}"
        for alias, profile in _mapping(argument, left.pop(argument, None)).items():
            name = _field(profile, "binding_name")
            if alias == "master":
                raise BadSetting(
                    f"{argument}: the alias `master` stands for the client's own binding", setting=argument
                )
            if not name:
                raise BadSetting(f"{argument}: {alias!r} names no binding (binding_name)", setting=argument)
            state.aliases[kind][str(alias)] = Choice(str(name), dict(_field(profile, "binding_config") or {}))


def _take_profiles(left: dict[str, Any], state: ApplicationState) -> None:
    """Profiles of bindings and of models: each becomes an alias, the default one the client's own binding."""
    for kind in BINDING_TYPES:
        bindings = _mapping(f"{kind}_binding_profiles", left.pop(f"{kind}_binding_profiles", None))
        models = _mapping(f"{kind}_model_profiles", left.pop(f"{kind}_model_profiles", None))
        found = {alias: _binding_choice(f"{kind}_binding_profiles", profile) for alias, profile in bindings.items()}
        default = _default_of(bindings)
        for alias, profile in models.items():
            below = found.get(_field(profile, "binding_profile_name"))
            if below is None:
                raise BadSetting(
                    f"{kind}_model_profiles: {alias!r} names no known binding profile (binding_profile_name)",
                    setting=f"{kind}_model_profiles",
                )
            model = _field(profile, "model_name")
            found[alias] = Choice(below.name, {**below.config, **({"model_name": model} if model else {})})
        default = _default_of(models) or default
        state.aliases[kind].update(found)
        if default and not left.get(f"{kind}_binding_name"):
            left[f"{kind}_binding_name"], left[f"{kind}_binding_config"] = found[default]
    for name in ("tools_binding_profiles", "tools_model_profiles"):
        if left.pop(name, None):
            warnings.warn(f"LollmsClient ignores {name}: use tools_binding_name", UserWarning, stacklevel=6)


def _default_of(profiles: Mapping[str, Any]) -> str | None:
    marked = [alias for alias, profile in profiles.items() if _field(profile, "is_default")]
    return marked[0] if marked else next(iter(profiles), None)


def _binding_choice(argument: str, profile: Any) -> Choice:
    name = _field(profile, "binding_name")
    if not name:
        raise BadSetting(f"{argument}: a profile names no binding (binding_name)", setting=argument)
    return Choice(str(name), dict(_field(profile, "binding_config") or {}))


def _take_llm_settings(left: dict[str, Any]) -> None:
    """Settings of the language model that were once given to the client itself."""
    settings = {name: left.pop(name) for name in _LLM_SETTINGS if name in left}
    settings = {name: value for name, value in settings.items() if value is not None}
    if settings:
        left["llm_binding_config"] = {**settings, **(left.get("llm_binding_config") or {})}


def _field(profile: Any, name: str) -> Any:
    return profile.get(name) if isinstance(profile, Mapping) else getattr(profile, name, None)


def _mapping(argument: str, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadSetting(f"{argument} must be a dictionary of aliases", setting=argument)
    return value
