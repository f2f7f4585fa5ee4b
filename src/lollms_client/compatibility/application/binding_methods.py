"""Bindings: replaced, mounted, listed; and the headers of `lollms_text` prompts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lollms_client.compatibility.application.aliases import MASTER, MountedBindings, mount
from lollms_client.compatibility.application.managers import MANAGERS
from lollms_client.compatibility.application.state import state_of
from lollms_client.errors import ConfigurationError, LollmsError


class BindingNotUpdated(ConfigurationError, ValueError):
    """A binding could not be put in place of another; the old one still answers. `reason` is the error's code."""

    code = "binding_not_updated"


class BindingMethods:
    """Which bindings answer, under which names."""

    # --- replacing ----------------------------------------------------------------------------------------------

    def update_llm_binding(self, binding_name: str, config: Mapping[str, Any] | None = None) -> bool:
        """Put another language binding in place. Returns True.

        Raises BindingNotUpdated (a ValueError); then nothing changes.
        """
        return _update(self, "llm", binding_name, config)

    def update_tti_binding(self, binding_name: str, config: Mapping[str, Any] | None = None) -> bool:
        """Put another text-to-image binding in place. Raises BindingNotUpdated."""
        return _update(self, "tti", binding_name, config)

    def update_stt_binding(self, binding_name: str, config: Mapping[str, Any] | None = None) -> bool:
        """Put another speech-to-text binding in place. Raises BindingNotUpdated."""
        return _update(self, "stt", binding_name, config)

    def update_tts_binding(self, binding_name: str, config: Mapping[str, Any] | None = None) -> bool:
        """Put another text-to-speech binding in place. Raises BindingNotUpdated."""
        return _update(self, "tts", binding_name, config)

    def update_ttv_binding(self, binding_name: str, config: Mapping[str, Any] | None = None) -> bool:
        """Put another text-to-video binding in place. Raises BindingNotUpdated."""
        return _update(self, "ttv", binding_name, config)

    def update_ttm_binding(self, binding_name: str, config: Mapping[str, Any] | None = None) -> bool:
        """Put another text-to-music binding in place. Raises BindingNotUpdated."""
        return _update(self, "ttm", binding_name, config)

    # --- aliases ------------------------------------------------------------------------------------------------

    @property
    def llms(self) -> MountedBindings:
        """The language bindings by alias; `master` is the one that the client was made with."""
        return MountedBindings(self, "llm")

    @property
    def ttis(self) -> MountedBindings:
        """The text-to-image bindings by alias."""
        return MountedBindings(self, "tti")

    @property
    def stts(self) -> MountedBindings:
        """The speech-to-text bindings by alias."""
        return MountedBindings(self, "stt")

    @property
    def tts_bindings(self) -> MountedBindings:
        """The text-to-speech bindings by alias."""
        return MountedBindings(self, "tts")

    @property
    def ttvs(self) -> MountedBindings:
        """The text-to-video bindings by alias."""
        return MountedBindings(self, "ttv")

    @property
    def ttms(self) -> MountedBindings:
        """The text-to-music bindings by alias."""
        return MountedBindings(self, "ttm")

    def mount_llm(self, alias: str) -> bool:
        """Let the language binding of that alias answer; False, and a word in the log, where there is none."""
        return mount(self, "llm", alias)

    def mount_tti(self, alias: str, callback: Any = None) -> bool:
        """Let the text-to-image binding of that alias answer."""
        return mount(self, "tti", alias)

    def mount_stt(self, alias: str, callback: Any = None) -> bool:
        """Let the speech-to-text binding of that alias answer."""
        return mount(self, "stt", alias)

    def mount_tts(self, alias: str, callback: Any = None) -> bool:
        """Let the text-to-speech binding of that alias answer."""
        return mount(self, "tts", alias)

    def mount_ttv(self, alias: str, callback: Any = None) -> bool:
        """Let the text-to-video binding of that alias answer."""
        return mount(self, "ttv", alias)

    def mount_ttm(self, alias: str, callback: Any = None) -> bool:
        """Let the text-to-music binding of that alias answer."""
        return mount(self, "ttm", alias)

    switch_tti, switch_stt, switch_tts, switch_ttv, switch_ttm = mount_tti, mount_stt, mount_tts, mount_ttv, mount_ttm

    # --- what there is ------------------------------------------------------------------------------------------

    def get_available_llm_bindings(self) -> list[dict[str, Any]]:
        """Descriptions of the language bindings that can be found."""
        return _available(self, "llm")

    def get_available_tti_bindings(self) -> list[str]:
        """The names of the text-to-image bindings that can be found."""
        return _available(self, "tti")

    def get_available_stt_bindings(self) -> list[str]:
        """The names of the speech-to-text bindings that can be found."""
        return _available(self, "stt")

    def get_available_tts_bindings(self) -> list[str]:
        """The names of the text-to-speech bindings that can be found."""
        return _available(self, "tts")

    def get_available_ttv_bindings(self) -> list[str]:
        """The names of the text-to-video bindings that can be found."""
        return _available(self, "ttv")

    def get_available_ttm_bindings(self) -> list[str]:
        """The names of the text-to-music bindings that can be found."""
        return _available(self, "ttm")

    @property
    def llm_binding_manager(self) -> Any:
        """Finds and makes language bindings where this client looks for them."""
        return _manager(self, "llm")

    @property
    def tti_binding_manager(self) -> Any:
        """Finds and makes text-to-image bindings."""
        return _manager(self, "tti")

    @property
    def stt_binding_manager(self) -> Any:
        """Finds and makes speech-to-text bindings."""
        return _manager(self, "stt")

    @property
    def tts_binding_manager(self) -> Any:
        """Finds and makes text-to-speech bindings."""
        return _manager(self, "tts")

    @property
    def ttv_binding_manager(self) -> Any:
        """Finds and makes text-to-video bindings."""
        return _manager(self, "ttv")

    @property
    def ttm_binding_manager(self) -> Any:
        """Finds and makes text-to-music bindings."""
        return _manager(self, "ttm")


class HeaderMethods:
    """The marks of `lollms_text` prompts, and the names of the two who speak."""

    start_header_id_template = "!@>"
    end_header_id_template = ": "
    system_message_template = "system"
    separator_template = start_user_header_id_template = start_ai_header_id_template = "!@>"
    end_user_header_id_template = end_ai_header_id_template = ": "
    end_user_message_id_template = end_ai_message_id_template = ""

    @property
    def user_name(self) -> str:
        """Who asks."""
        return "user"

    @property
    def ai_name(self) -> str:
        """Who answers."""
        return "assistant"

    @property
    def system_full_header(self) -> str:
        """The header of what the system says."""
        return "!@>system: "

    @property
    def user_full_header(self) -> str:
        """The header of what the user says."""
        return f"!@>{_who(self, 'user_name', 'user')}: "

    @property
    def ai_full_header(self) -> str:
        """The header of what the model says."""
        return f"!@>{_who(self, 'ai_name', 'assistant')}: "

    def system_custom_header(self, ai_name: str) -> str:
        """A header of the system under another name."""
        return f"!@>{ai_name}: "

    def user_custom_header(self, user_name: str = "user") -> str:
        """A header of a user of that name."""
        return f"!@>{user_name}: "

    def ai_custom_header(self, ai_name: str) -> str:
        """A header of a model of that name."""
        return f"!@>{ai_name}: "

    def sink(self, s: Any = None, i: Any = None, d: Any = None) -> None:
        """A callback that does nothing and goes on."""


def _who(client: Any, name: str, default: str) -> str:
    return str(vars(client).get(name) or default)


def _update(client: Any, kind: str, name: str, config: Mapping[str, Any] | None) -> bool:
    try:
        client.update_binding(kind, name, dict(config or {}))
    except LollmsError as error:
        facts = {key: value for key, value in error.details.items() if key != "reason"}
        raise BindingNotUpdated(error.message, reason=error.code, **facts) from error
    state_of(client).made[kind].pop(MASTER, None)  # the fresh one is the client's own from now on
    return True


def _manager(client: Any, kind: str) -> Any:
    return MANAGERS[kind](registry=client.registry)


def _available(client: Any, kind: str) -> list[Any]:
    found: list[Any] = _manager(client, kind).get_available_bindings()
    return found
