"""What the tests of Gemini's media share: small media, replies, and running a flow against a script."""

from __future__ import annotations

import base64
from typing import Any

from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types.media import Media
from tests.services.native_cases import KEY

PNG = Media(b"\x89PNG\r\n\x1a\n" + b"\0" * 16)
MP4 = Media(b"\0\0\0\x18ftypmp42")
PCM = bytes(range(96)) * 10
TOKEN = "canary-token-77aa10"
VERTEX = {"vertex_project": "p", "access_token": TOKEN}
RATIOS = ("1:1", "16:9", "9:16")


def inline(data: bytes, kind: str) -> dict[str, Any]:
    return {"inlineData": {"mimeType": kind, "data": base64.b64encode(data).decode()}}


def reply(*parts: dict[str, Any], reason: str = "STOP", **fields: Any) -> dict[str, Any]:
    candidate = {"content": {"parts": list(parts), "role": "model"}, "finishReason": reason}
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 4}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m-1", "responseId": "r1", **fields}


def run(flow: Any, *answers: Any) -> tuple[Any, list[Any]]:
    """The result, and the bodies that were sent."""
    driver = ScriptedDriver([item if isinstance(item, CannedReply) else CannedReply(body=item) for item in answers])
    result = driver.run(flow)
    driver.finish()
    assert all(KEY not in repr(request) + request.url for request in driver.requests)
    return result, driver.requests


def warned(result: Any) -> list[str]:
    return [f"{warning.kind} {warning.setting}" for warning in result.warnings]
