"""The constructor's keyword arguments of both clients, for type-checkers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lollms_client.client_core import ClientArguments

_Bindings = Mapping[str, Any] | None


class PublicArguments(ClientArguments, total=False):
    """What `LollmsClient` takes beside its own arguments, because the public client takes it."""

    user_name: str
    ai_name: str
    callback: Callable[..., Any] | None
    debug: bool | None
    tools_binding_name: str | None
    tools_binding_config: _Bindings
    tools_bindings_dir: str | Path | None
    mcp_binding_name: str | None
    mcp_binding_config: _Bindings
    mcp_bindings_dir: str | Path | None
    extra_llms: _Bindings
    extra_ttis: _Bindings
    extra_tts: _Bindings
    extra_stts: _Bindings
    extra_ttvs: _Bindings
    extra_ttms: _Bindings
    llm_binding_profiles: _Bindings
    tti_binding_profiles: _Bindings
    stt_binding_profiles: _Bindings
    tts_binding_profiles: _Bindings
    ttv_binding_profiles: _Bindings
    ttm_binding_profiles: _Bindings
    llm_model_profiles: _Bindings
    tti_model_profiles: _Bindings
    stt_model_profiles: _Bindings
    tts_model_profiles: _Bindings
    ttv_model_profiles: _Bindings
    ttm_model_profiles: _Bindings
    host_address: str | None
    model_name: str | None
    service_key: str | None
    verify_ssl_certificate: bool | None
    certificate_file_path: str | None
