"""Writes the code of a new plain class: the documented methods, in blocking code."""

from __future__ import annotations

from lollms_client.scaffold.plan import OPEN, Plan
from lollms_client.scaffold.service_code import SELF_TEST

_TEXT = '''
    def result_of(self, reply: bytes) -> str:
        """The text in a reply. Raises ValueError where there is none: any reply may be a page, or an error."""
        found = json.loads(reply)
        text = found.get("text") if isinstance(found, dict) else None
        if not isinstance(text, str) or not text:
            raise ValueError("the reply holds no text")
        text.encode()  # half of a pair of surrogates raises a ValueError here
        return text
'''
_MEDIA = '''
    def result_of(self, reply: bytes) -> bytes:
        """The {media} in a reply. Raises ValueError where there is none: any reply may be a page, or an error."""
        found = Media(reply)  # finds out the type by the bytes
        if found.kind != "{media}":
            raise ValueError(f"the reply is {{found.mime_type}}, which is no {media}")
        return found
'''
_MODULE = '''"""{said}, written with the documented methods."""

{extra}import http.client
import json
import urllib.error
import urllib.request
{path}from typing import Any

from lollms_client.lollms_{kind}_binding import Lollms{base}Binding
{media}
BindingName = "{class_name}"
LONGEST = 64_000_000  # bytes of a reply; what is longer is refused


class {class_name}(Lollms{base}Binding):
    """{said}. {mark}: the path and the names of the fields are a beginning."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("{name}", **kwargs)

    def {method}(
        self, {signature}
    ) -> {gives} | dict[str, Any]:
        """Ask the service. Returns the result, or an error dictionary."""
        try:
            return self.result_of(self.ask("{method}", {sent}))
        except urllib.error.HTTPError as error:
            return {{"status": "error", "message": str(error), "status_code": error.code}}
        except (OSError, ValueError, OverflowError, RecursionError, http.client.HTTPException) as error:
            return {{"status": "error", "message": f"{{self.config['host_address']}}: {{error}}"}}

    def ask(self, path: str, content: dict[str, Any]) -> bytes:
        """The body of the service's reply. Raises OSError, ValueError or HTTPException where there is none."""
        address = self.config["host_address"].rstrip("/") + "/" + path
        body = json.dumps({{name: value for name, value in content.items() if value is not None}})
        request = urllib.request.Request(address, body.encode(), {{"Content-Type": "application/json"}})
        if self.config.get("service_key"):  # for this address alone, not for others that it may lead to
            request.add_unredirected_header("Authorization", "Bearer " + self.config["service_key"])
        with urllib.request.urlopen(request, timeout=300) as answer:
            reply: bytes = answer.read(LONGEST)
            if answer.length or answer.read(1):
                raise ValueError("the reply is shorter than announced, or longer than is read")
        return reply
{result}
    def list_models(self, **kwargs: Any) -> list[str]:
        """The names of the models."""
        return [self.config.get("model_name") or "default"]
{self_test}'''


def plain_code(plan: Plan) -> str:
    """The module of the kind plain."""
    modality, kind = plan.modality, plan.binding_type
    return _MODULE.format(
        said=plan.said,
        mark=OPEN,
        name=plan.name,
        class_name=plan.class_name,
        kind=kind,
        base=kind.upper(),
        method=modality.method,
        signature=modality.signature,
        sent=modality.sent,
        gives="bytes" if modality.media else "str",
        result=_MEDIA.format(media=modality.media) if modality.media else _TEXT,
        extra="import base64\n" if kind == "stt" else "",
        path="from pathlib import Path\n" if kind == "stt" else "",
        media="from lollms_client.types import Media\n" if modality.media else "",
        self_test=SELF_TEST,
    )
