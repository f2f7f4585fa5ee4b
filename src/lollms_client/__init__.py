"""One Python client for every AI model, in six modalities: text, images, speech to text and back, video, music.

Importing this package is nearly free: what it exports is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lollms_client.async_client import AsyncLollmsClient
    from lollms_client.cancel import CancelToken
    from lollms_client.client import LollmsClient
    from lollms_client.errors import LollmsError
    from lollms_client.flow import Timeouts
    from lollms_client.lollms_discussion import LollmsDataManager as LollmsDataManager
    from lollms_client.lollms_discussion import LollmsDiscussion, LollmsMessage
    from lollms_client.lollms_llm_binding import LollmsLLMBinding
    from lollms_client.lollms_stt_binding import LollmsSTTBinding
    from lollms_client.lollms_tti_binding import LollmsTTIBinding
    from lollms_client.lollms_ttm_binding import LollmsTTMBinding
    from lollms_client.lollms_tts_binding import LollmsTTSBinding
    from lollms_client.lollms_ttv_binding import LollmsTTVBinding
    from lollms_client.lollms_types import ELF_COMPLETION_FORMAT, MSG_TYPE
    from lollms_client.secret import Secret
    from lollms_client.types import Media, Message, Tool

__version__ = "2.0.0"

_HOMES = {
    "AsyncLollmsClient": "async_client",
    "CancelToken": "cancel",
    "ELF_COMPLETION_FORMAT": "lollms_types",
    "LollmsClient": "client",
    "LollmsDataManager": "lollms_discussion",
    "LollmsDiscussion": "lollms_discussion",
    "LollmsError": "errors",
    "LollmsLLMBinding": "lollms_llm_binding",
    "LollmsMessage": "lollms_discussion",
    "LollmsSTTBinding": "lollms_stt_binding",
    "LollmsTTIBinding": "lollms_tti_binding",
    "LollmsTTMBinding": "lollms_ttm_binding",
    "LollmsTTSBinding": "lollms_tts_binding",
    "LollmsTTVBinding": "lollms_ttv_binding",
    "MSG_TYPE": "lollms_types",
    "Media": "types",
    "Message": "types",
    "Secret": "secret",
    "Timeouts": "flow",
    "Tool": "types",
}

__all__ = [
    "ELF_COMPLETION_FORMAT", "MSG_TYPE", "AsyncLollmsClient", "CancelToken", "LollmsClient", "LollmsDiscussion",
    "LollmsError", "LollmsLLMBinding", "LollmsMessage", "LollmsSTTBinding", "LollmsTTIBinding", "LollmsTTMBinding",
    "LollmsTTSBinding", "LollmsTTVBinding", "Media", "Message", "Secret", "Timeouts", "Tool", "__version__",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    module = _HOMES.get(name)
    if module is None:
        from lollms_client.extensions import module_attribute

        return module_attribute(__name__, name)
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
