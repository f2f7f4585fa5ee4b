"""What applications ask of a binding object of this package, as they did of the public package's: attributes, facts."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

from lollms_client.cancel import CancelToken
from lollms_client.compatibility.bindings.inherited import Inherited
from lollms_client.errors import BadSetting

_SETTINGS = frozenset(
    {
        "model_name", "host_address", "service_key", "verify_ssl_certificate", "certificate_file_path",
        "default_completion_format",
    }
)  # fmt: skip
_CONTEXT = (
    "ctx_size",
    "context_tokens",
    "context_size",
    "n_ctx",
    "num_ctx",
)  # settings that say how much a model takes
# names out of what strangers' classes inherit that make sense for classes in flows, too
_INHERITED = frozenset(
    {
        "debug", "get_system_dir", "system_dir", "resolve_system_path", "binding_dir", "description", "is_local",
        "is_model_loaded", "get_loaded_models", "has_active_resources", "get_last_error", "get_server_logs", "get_zoo",
        "download_from_zoo", "user_name", "ai_name", "start_header_id_template", "end_header_id_template",
        "system_message_template", "system_full_header", "user_full_header", "ai_full_header", "split_discussion",
        "clean_and_alternate_messages", "normalize_reasoning_effort", "translate_reasoning_effort",
        "count_image_tokens", "get_context_size",
        "vision_enabled", "video_enabled", "forced_ctx_size", "default_n_predict", "default_stream",
        "default_temperature", "default_top_k", "default_top_p", "default_repeat_penalty", "default_repeat_last_n",
        "default_seed", "default_n_threads", "default_streaming_callback", "supported_reasoning_efforts", "is_vllm",
        "supports_omni", "supports_text_output", "list_services", "process_image", "generate", "supports_lipsync",
        "get_capabilities", "generate_song", "watermark_path", "watermark_size", "watermark_pos", "author", "system",
    }
)  # fmt: skip
_running: WeakKeyDictionary[Any, set[CancelToken]] = WeakKeyDictionary()


def attribute_of(binding: Any, name: str) -> Any:
    """What applications find under that name on a binding in flows. Raises AttributeError."""
    found: Any = vars(NativeAttributes).get(name) if not name.startswith("_") else None
    if found is None and name in _INHERITED:
        kinds = (_era_class(binding.binding_type), Inherited)
        found = next((vars(kind)[name] for kind in kinds if name in vars(kind)), None)
        if found is None and not any(name in vars(kind) for kind in kinds):
            raise _absent(binding, name)
    elif found is None and name in _SETTINGS:
        known = binding.manifest is not None and binding.manifest.setting(name) is not None
        if name == "model_name" and not known:
            return binding.config.get("model")
        return binding.config.get(name, True if name == "verify_ssl_certificate" else None)
    elif found is None:
        raise _absent(binding, name)
    return found.__get__(binding, type(binding)) if hasattr(found, "__get__") else found


def set_attribute(binding: Any, name: str, value: Any) -> bool:
    """Change a setting that is set as an attribute; False where there is none of that name. Raises BadSetting."""
    if name not in _SETTINGS or binding.manifest is None:
        return False
    setting = "model" if name == "model_name" and binding.manifest.setting(name) is None else name
    if binding.manifest.setting(setting) is None:
        return False
    if binding.config.get(setting) != value:
        binding.set_settings({setting: value})
    return True


def _era_class(binding_type: str) -> type:
    from lollms_client.compatibility.bindings.adapting import HOMES

    module, name = HOMES[f"Lollms{binding_type.upper()}Binding"]
    found: type = getattr(import_module(f"{__package__}.{module}"), name)
    return found


def _absent(binding: Any, name: str) -> AttributeError:
    return AttributeError(f"{type(binding).__name__!r} object has no attribute {name!r}")


def remember(binding: Any, token: CancelToken) -> set[CancelToken]:
    """Keep a call's token with the binding, so that the binding's `cancel` ends it; remove it from the set after."""
    tokens = _running.setdefault(binding, set())
    tokens.add(token)
    return tokens


class NativeAttributes:
    """Answered from the settings, the manifest and the list of models."""

    @property
    def default_ctx_size(self) -> int | None:
        """The size of the context that the settings give, in tokens."""
        config = _own(self).config
        return next((config[name] for name in _CONTEXT if isinstance(config.get(name), int) and config[name] > 0), None)

    def get_ctx_size(self, model_name: str | None = None) -> int | None:
        """How many tokens the model takes in all, by its entry in the list of models or by the settings; else None."""
        model = _entry(_own(self), model_name)
        size = model.get("context_length")
        return size if isinstance(size, int) and size > 0 else NativeAttributes.default_ctx_size.fget(self)  # type: ignore[attr-defined]

    def get_model_info(self) -> dict[str, Any]:
        """What is known of the model: `name` (the binding), `model_name`, `host_address`, and what its list says."""
        binding = _own(self)
        manifest = binding.manifest
        capabilities = manifest.capabilities if manifest is not None else ()
        return {
            "name": binding.binding_name,
            "version": manifest.version if manifest is not None else "",
            "host_address": binding.config.get("host_address"),
            "supports_structured_output": "json_schema" in capabilities,
            "supports_vision": "vision" in capabilities,
            **_entry(binding, None),
            "model_name": attribute_of(binding, "model_name"),
        }

    def load_model(self, model_name: str | None = None) -> bool:
        """Ask this model from now on. Raises BadSetting where the binding has no such setting."""
        binding = _own(self)
        if model_name and not set_attribute(binding, "model_name", model_name):
            name = binding.binding_name
            raise BadSetting(f"{name} has no setting for its model", binding=name, setting="model_name")
        return True

    def unload_model(self, model_name: str | None = None) -> bool:
        """Give back what the binding holds; the next call may take it again."""
        _own(self).close()
        return True

    def ps(self) -> list[dict[str, Any]]:
        """The model in use."""
        return [{"model_name": attribute_of(self, "model_name"), "size": None, "vram_size": None}]

    def cancel(self) -> None:
        """End the calls that run now through the client's methods; later ones are not concerned."""
        for token in list(_running.get(self, ())):
            token.cancel()

    def reset_cancel(self) -> None:
        """Nothing is left to take back: cancelling is about the calls that run."""

    def is_cancelled(self) -> bool:
        """Whether a call that still runs was cancelled."""
        return any(token.cancelled for token in _running.get(self, ()))


def _own(binding: Any) -> Any:
    return binding


def _entry(binding: Any, model_name: str | None) -> dict[str, Any]:
    """The model's entry in the binding's list, {} where there is none."""
    from lollms_client.errors import LollmsError

    name = model_name or attribute_of(binding, "model_name")
    try:
        models = binding.list_models()
    except LollmsError:
        return {}
    entries = [item for item in models if isinstance(item, dict)] if isinstance(models, list) else []
    if name is None:
        return dict(entries[0]) if len(entries) == 1 else {}
    return dict(next((item for item in entries if item.get("model_name") == name), {}))
