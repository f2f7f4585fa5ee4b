"""Models: listed, described, switched; as applications of the public client do it."""

from __future__ import annotations

from typing import Any

from lollms_client.binding import model_dictionary
from lollms_client.client_core import OFFLINE_BINDINGS
from lollms_client.compatibility.application.aliases import aliases_of, mount
from lollms_client.errors import LollmsError
from lollms_client.types.catalogue import ModelInfo


class ModelMethods:
    """What the models of the chosen bindings are, and which of them answers."""

    def list_models(self) -> list[Any]:
        """The language models, then those for images, speech and transcription, as far as a binding was chosen.

        Raises the binding's error where it cannot tell.
        """
        client: Any = self
        found = [model_dictionary(model) for model in client.models("llm")]
        for kind in ("tti", "tts", "stt"):
            if kind not in client._bindings and client.binding_name(kind) == OFFLINE_BINDINGS[kind]:
                continue
            names = client.models(kind)
            found.extend(model_dictionary(model) if kind == "tti" else model.name for model in names)
        return found

    def listModels(self) -> list[Any]:  # noqa: N802 (the documented name)
        """The language models alone, as the older spelling gave them."""
        client: Any = self
        return [model_dictionary(model) for model in client.models("llm")]

    def get_model_name(self) -> str | None:
        """The model that the language binding asks."""
        llm: Any = self.binding("llm")  # type: ignore[attr-defined]
        own = None if llm.speaks_flows else getattr(llm, "model_name", None)
        name = own or llm.config.get("model_name") or llm.config.get("model")
        return str(name) if name else None

    def set_model_name(self, model_name: str) -> bool:
        """Let the language binding ask another model."""
        return ModelMethods.switch_active_model(self, model_name)

    def switch_active_model(self, model_name: str) -> bool:
        """Let the language binding ask another model. Raises BadSetting where it has no such setting."""
        llm: Any = self.binding("llm")  # type: ignore[attr-defined]
        load = getattr(llm, "load_model", None)
        if callable(load) and not llm.speaks_flows:
            return load(model_name) is not False
        llm.set_settings({"model_name": model_name})
        return True

    def switch_model(self, model_name: str, callback: Any = None) -> bool:
        """Put the binding of that alias in place, or, where there is no such alias, ask another model."""
        if model_name in aliases_of(self, "llm"):
            return mount(self, "llm", model_name)
        return ModelMethods.switch_active_model(self, model_name)

    def has_vision_capability(self, binding: Any = None) -> bool:
        """Whether the manifest of the language binding (or of another one) says that its models see images."""
        asked = binding if binding is not None else self.binding("llm")  # type: ignore[attr-defined]
        return asked.manifest is not None and "vision" in asked.manifest.capabilities

    def get_model_details(self) -> dict[str, Any]:
        """What is known of the model: `name` (the binding), `model_name`, `host_address`, and what its list says."""
        client: Any = self
        llm: Any = client.binding("llm")
        if callable(getattr(type(llm), "get_model_info", None)):
            details: dict[str, Any] = llm.get_model_info()
            return details
        name = ModelMethods.get_model_name(self)
        capabilities = llm.manifest.capabilities if llm.manifest is not None else ()
        known = _known_model(client, name)
        return {
            "name": llm.binding_name,
            "version": llm.manifest.version if llm.manifest is not None else "",
            "host_address": llm.config.get("host_address"),
            "model_name": name,
            "supports_structured_output": "json_schema" in capabilities,
            "supports_vision": "vision" in capabilities,
            **(model_dictionary(known) if known is not None else {}),
        }

    def get_ctx_size(self, model_name: str | None = None) -> int | None:
        """How many tokens the model takes in all; None where nobody says."""
        client: Any = self
        llm: Any = client.binding("llm")
        if callable(getattr(type(llm), "get_ctx_size", None)):
            size = llm.get_ctx_size(model_name) if model_name else llm.get_ctx_size()
            if isinstance(size, int) and size > 0:
                return size
        known = _known_model(client, model_name or ModelMethods.get_model_name(self))
        if known is not None and known.context_tokens:
            return known.context_tokens
        settings = [llm.config.get(name) for name in ("ctx_size", "context_tokens", "context_size", "n_ctx", "num_ctx")]
        return next((size for size in settings if isinstance(size, int) and size > 0), None)


def _known_model(client: Any, name: str | None) -> ModelInfo | None:
    """The entry of the binding's list of models; None where it has none, or only one unnamed model is in question."""
    try:
        models: list[ModelInfo] = client.models("llm")
    except LollmsError:
        return None
    if name is None:
        return models[0] if len(models) == 1 else None
    return next((model for model in models if model.name == name), None)
