"""What Deepgram's bindings share: the key's header, errors, models.

Wire: https://developers.deepgram.com/reference (the vendor's OpenAPI document of 2026) and its Python SDK 7.17.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from lollms_client import errors
from lollms_client.errors import BadReply
from lollms_client.families.http import Headers, HttpBinding, error_body
from lollms_client.families.reply_values import worded
from lollms_client.types.accounting import CallWarning
from lollms_client.types.catalogue import ModelInfo, Voice


class DeepgramBinding(HttpBinding):
    """Base of the bindings for transcription and speech."""

    default_address: ClassVar[str] = "https://api.deepgram.com"
    catalogue: ClassVar[str] = "stt"

    def auth_headers(self) -> Headers:
        """The key travels as a token, not as a bearer."""
        return {"Authorization": self.required_key().derive("Token {}")}

    def reply_error(self, value: Any) -> Any:
        """An error in either of the vendor's two shapes."""
        if isinstance(value, dict) and ("err_code" in value or ("category" in value and "message" in value)):
            return value
        return super().reply_error(value)

    def error_of(self, status: int, headers: Mapping[str, str], raw: bytes, body: Any = None) -> errors.LollmsError:
        """The error, with the vendor's names of its parts read as the tree's."""
        body = error_body(raw, body)
        if isinstance(body, dict):
            body = _common_shape(body)
        error = super().error_of(status, headers, raw, body)
        if "dg-request-id" in headers and not error.details.get("request_id"):
            error.details["request_id"] = headers["dg-request-id"]
        return error

    async def model_rows(self) -> list[dict[str, Any]]:
        """The models of this binding's kind, as the service describes them; one row for each canonical name."""
        reply = await self.get("v1/models")
        rows = reply.get(self.catalogue) if isinstance(reply, dict) else None
        if not isinstance(rows, list):
            raise BadReply("the service's list of models has another shape than documented")
        merged: dict[str, dict[str, Any]] = {}
        for row in rows:
            name = worded(row.get("canonical_name")) or worded(row.get("name"))
            kept = merged.setdefault(name, {**row, "languages": []})
            kept["languages"] += [tag for tag in row.get("languages") or () if tag not in kept["languages"]]
        return list(merged.values())

    async def models_flow(self) -> list[ModelInfo]:
        """The models."""
        return [
            ModelInfo(
                name=row.get("canonical_name") or row["name"],
                title=row.get("name") or "",
                owner="deepgram",
                extra={name: row[name] for name in ("architecture", "version", "languages") if row.get(name)},
            )
            for row in await self.model_rows()
        ]


def _common_shape(body: Mapping[str, Any]) -> dict[str, Any]:
    names = {"err_code": "code", "err_msg": "message", "category": "code"}
    shaped = {names.get(name, name): value for name, value in body.items()}
    detail = shaped.pop("details", None)
    if isinstance(detail, str) and detail and isinstance(shaped.get("message"), str):
        shaped["message"] = f"{shaped['message']} ({detail})"
    return shaped


def voice_of(row: Mapping[str, Any]) -> Voice:
    """A voice out of the service's row."""
    about = row.get("metadata") or {}
    tags = [text for tag in about.get("tags") or () if (text := worded(tag))]
    genders = {"feminine": "female", "masculine": "male"}
    languages = row.get("languages") or [""]
    return Voice(
        name=row.get("canonical_name") or row["name"],
        title=worded(row.get("name")).title(),
        description=", ".join(tag for tag in tags if tag not in genders),
        language=worded(next((tag for tag in languages if "-" in worded(tag)), languages[0])),
        gender=next((genders[tag] for tag in tags if tag in genders), ""),
        preview_url=worded(about.get("sample")),
        extra={name: about[name] for name in ("accent", "age", "use_cases") if about.get(name)},
    )


def dropped(request: Any, names: tuple[str, ...]) -> list[CallWarning]:
    """Warnings for common fields that were given and cannot be sent."""
    return [
        CallWarning(kind="dropped", setting=name, detail="the service does not take it")
        for name in names
        if getattr(request, name) not in (None, (), False)
    ]
