"""What a binding of any modality inherits in the public package: attributes, places, and facts about its model."""

from __future__ import annotations

import datetime
import inspect
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from lollms_client.binding import LollmsBinding, model_dictionary, overrides
from lollms_client.home import lollms_home
from lollms_client.plain import plain_models
from lollms_client.types.catalogue import ModelInfo

# settings that bindings read as attributes without ever setting them
ATTRIBUTES = (
    "model_name",
    "host_address",
    "service_key",
    "verify_ssl_certificate",
    "certificate_file_path",
    "default_completion_format",
    "debug",
    "user_name",
    "ai_name",
    "video_enabled",
    "glm_image_embedding",
    "supported_reasoning_efforts",
)
_PLACES = ("system_dir", "lollms_path", "bindings_path", "cwd")


class Inherited:
    """Attributes and methods that every binding of the public package inherits; nothing here is forced on a class."""

    debug: Any = False
    model_name: Any = None
    model: Any = None
    host_address: Any = None
    service_key: Any = None
    verify_ssl_certificate: Any = True
    certificate_file_path: Any = None
    _last_error: str | None = None
    binding_name: str
    config: dict[str, Any]
    manifest: Any
    binding_type: ClassVar[str]

    def _take_attributes(self, plain: dict[str, Any]) -> None:
        """Set what the settings say, before the class's own constructor runs."""
        for name in ATTRIBUTES:
            if plain.get(name) is not None and _may_set(self, name):
                setattr(self, name, plain[name])
        if plain.get("model_name") is not None and _may_set(self, "model"):
            self.model = plain["model_name"]
        elif plain.get("model") is not None and _may_set(self, "model_name"):
            self.model_name = plain["model"]

    # --- places ---

    @staticmethod
    def get_system_dir() -> Path:
        """The folder for what bindings share: `$LOLLMS_SYSTEM_PATH`, else the home folder of lollms; made if needed."""
        given = os.environ.get("LOLLMS_SYSTEM_PATH", "")
        folder = Path(given).expanduser() if given else lollms_home()
        folder.mkdir(parents=True, exist_ok=True)
        return folder.resolve()

    @cached_property
    def system_dir(self) -> Path:
        """Where relative paths of this binding lie: the setting `system_dir` (or `cwd` …), else the shared folder."""
        given = next((self.config[name] for name in _PLACES if self.config.get(name)), None)
        return self.get_system_dir() if given is None else Path(given).expanduser().resolve()

    def resolve_system_path(self, relative_or_absolute_path: str | Path) -> Path:
        """A path of the binding's: one that exists as it is given stays, others lie in `system_dir`."""
        path = Path(relative_or_absolute_path).expanduser()
        if path.is_absolute() or path.exists():
            return path.resolve()
        return (self.system_dir / path).resolve()

    @cached_property
    def binding_dir(self) -> Path:
        """The folder of the class."""
        try:
            return Path(inspect.getfile(type(self))).parent
        except (TypeError, OSError):
            return Path()

    @cached_property
    def description(self) -> dict[str, Any]:
        """What the description.yaml says, {} where there is none that can be read."""
        import yaml

        try:
            found = yaml.safe_load((self.binding_dir / "description.yaml").read_text("utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            return {}
        return found if isinstance(found, dict) else {}

    # --- the model ---

    async def models_flow(self) -> list[ModelInfo]:
        """The models, typed; what the binding's own list says besides is among each one's further facts."""
        own: Any = self
        method = next(
            (getattr(own, n) for n in ("list_models", "listModels") if overrides(own, n, LollmsBinding)), None
        )
        if method is None:
            raise own.unsupported("a list of models")
        reply = await own.call_plain(method) if callable(method) else method
        return with_all_facts(plain_models(reply), reply)

    def is_local(self) -> bool:
        """Whether the model runs on this machine and holds its memory."""
        return False

    def is_model_loaded(self, model_name: str | None = None) -> bool:
        """Whether the model is ready; one that runs elsewhere always is."""
        return not self.is_local()

    def load_model(self, model_name: str | None = None) -> bool:
        """Use this model from now on."""
        if model_name and _may_set(self, "model_name"):
            self.model_name = model_name
        return True

    def unload_model(self, model_name: str | None = None) -> bool:
        """Give the model's memory back; one that runs elsewhere holds none."""
        return True

    def get_loaded_models(self) -> list[str]:
        """The models that hold this machine's memory."""
        return []

    def has_active_resources(self) -> bool:
        """Whether memory or a process is held."""
        return self.is_local() and bool(self.get_loaded_models())

    def get_last_error(self) -> str | None:
        """The last failure's words, where the binding noted them."""
        return self._last_error

    def ps(self) -> list[dict[str, Any]]:
        """The models in use."""
        return [{"model_name": self.model_name, "is_loaded": self.is_model_loaded(), "size": None, "vram_size": None}]

    def get_server_logs(self) -> str:
        """The log of a server that the binding runs."""
        return ""

    def get_zoo(self) -> list[dict[str, Any]]:
        """Models that the binding can fetch."""
        return []

    def download_from_zoo(self, index: int, progress_callback: Any = None) -> dict[str, Any]:
        """Fetch one of them."""
        return {"status": False, "message": f"{self.binding_name} fetches no models"}


_PLAIN = (str, int, float, bool, list, dict, tuple, datetime.date)


def with_all_facts(models: list[ModelInfo], reply: Any) -> list[ModelInfo]:
    """The models with whatever else the list that they came from says of them."""
    items = reply if isinstance(reply, (list, tuple)) else []
    if len(items) != len(models):
        return models
    return [
        msgspec.structs.replace(model, extra={**_further(item, model_dictionary(model)), **model.extra})
        if isinstance(item, Mapping)
        else model
        for model, item in zip(models, items, strict=True)
    ]


def _further(item: Mapping[Any, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says that is not known yet, objects as text."""
    told = {str(name): value for name, value in item.items() if value is not None and known.get(str(name)) != value}
    return {name: value if isinstance(value, _PLAIN) else str(value) for name, value in told.items()}


def _may_set(target: Any, name: str) -> bool:
    """Whether the class leaves that attribute to its instances."""
    found = inspect.getattr_static(type(target), name, None)
    return not isinstance(found, property) or found.fset is not None
