"""The old home of what bindings use to read images and values."""

from __future__ import annotations

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
    "_convert_to_bool",
    "build_image_dicts",
    "dict_to_markdown",
    "encode_image",
    "is_base64",
    "robust_json_parser",
    "to_float",
    "to_int",
]
