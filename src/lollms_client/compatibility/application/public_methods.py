"""Everything that applications of the public client find on ours beside its own methods."""

from __future__ import annotations

from typing import Any

from lollms_client.compatibility.application.binding_methods import BindingMethods, HeaderMethods
from lollms_client.compatibility.application.code_methods import CodeMethods
from lollms_client.compatibility.application.long_texts import LongTextMethods
from lollms_client.compatibility.application.media_methods import MediaMethods
from lollms_client.compatibility.application.model_methods import ModelMethods
from lollms_client.compatibility.application.structured_methods import StructuredMethods
from lollms_client.compatibility.application.text_methods import TextMethods
from lollms_client.compatibility.application.tool_methods import ToolMethods


class PublicMethods(
    TextMethods,
    StructuredMethods,
    CodeMethods,
    LongTextMethods,
    MediaMethods,
    ModelMethods,
    BindingMethods,
    ToolMethods,
    HeaderMethods,
):
    """The methods and properties of the public client, as far as they are not the client's own."""

    callback: Any = None
    debug: bool = False


__all__ = ["PublicMethods"]
