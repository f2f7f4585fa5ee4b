"""The old home of what bindings and applications use to read images, values and answers, and to fill prompts."""

from __future__ import annotations

from lollms_client.compatibility.application.prompt_pieces import PromptReshaper, remove_text_from_string
from lollms_client.compatibility.bindings.pictures import ImageTokenizer, encode_image
from lollms_client.compatibility.bindings.values import to_bool as _convert_to_bool
from lollms_client.compatibility.bindings.values import to_float, to_int
from lollms_client.compatibility.bindings.words import (
    build_image_dicts,
    dict_to_markdown,
    is_base64,
    robust_json_parser,
)

__all__ = [
    "ImageTokenizer",
    "PromptReshaper",
    "_convert_to_bool",
    "build_image_dicts",
    "dict_to_markdown",
    "encode_image",
    "is_base64",
    "remove_text_from_string",
    "robust_json_parser",
    "to_float",
    "to_int",
]
