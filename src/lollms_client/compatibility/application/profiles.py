"""Profiles of bindings and models, as the newest public client describes them to its constructor."""

from __future__ import annotations

from typing import Any

import msgspec


class LollmsBindingProfile(msgspec.Struct):
    """A binding and its settings under a name."""

    name: str
    binding_name: str
    binding_config: dict[str, Any] = msgspec.field(default_factory=dict)
    is_default: bool = False


class LollmsModelProfile(msgspec.Struct):
    """A model of a binding's profile under a name; fields that mean nothing here are kept and not read."""

    name: str
    binding_profile_name: str
    model_name: str | None = None
    is_default: bool = False
    vision_enabled: bool = False
    forced_context_size: int | None = None
    routing_config: dict[str, Any] | None = None
    glm_image_embedding: bool = False
    supported_reasoning_efforts: list[str] | None = None
    video_enabled: bool = False
