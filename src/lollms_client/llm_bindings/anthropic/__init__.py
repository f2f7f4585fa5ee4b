"""Anthropic's Messages API as a binding.

Wire: https://platform.claude.com/docs/en/api/messages, /models-list and /messages-count-tokens, as of August 2026.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from typing import Any

from lollms_client import errors
from lollms_client.families.http import Headers, HttpBinding
from lollms_client.llm_bindings.anthropic.reply import STATUS, MessageReader
from lollms_client.llm_bindings.anthropic.request import NEWEST_VERSION, RequestBuilder, beta_header
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.chat import ChatRequest, StreamPart, WarningPart
from lollms_client.types.message import Message

BindingName = "AnthropicBinding"


class AnthropicBinding(HttpBinding, LollmsLLMBinding):
    """Claude models at Anthropic, or behind any address that speaks the Messages API."""

    default_address = "https://api.anthropic.com"

    def auth_headers(self) -> Headers:
        """The key in Anthropic's own header, or as the bearer's where the setting key_header says so."""
        key = self.required_key()
        return (
            {"Authorization": key.derive("Bearer {}")}
            if self.settings["key_header"] == "authorization"
            else {"x-api-key": key}
        )

    def default_headers(self) -> Headers:
        """The API's version, and the beta features that the settings switch on."""
        headers: dict[str, str] = {"anthropic-version": self.settings.get("anthropic_version") or NEWEST_VERSION}
        if betas := beta_header(self.settings.get("betas")):
            headers["anthropic-beta"] = betas
        return headers

    def builder(self, request: ChatRequest) -> RequestBuilder:
        """What builds the body of a request."""
        if request.prompt is not None:
            raise self.unsupported("completing a raw prompt")
        assert self.manifest is not None
        names = [parameter.name for parameter in self.manifest.method("chat")]
        parameters = {name: self.parameter(request, name, "chat") for name in names}
        version = str(self.settings.get("anthropic_version") or "")
        return RequestBuilder(request, self.model_of(request.model), self.manifest.service, parameters, version)

    def model_of(self, given: str | None = None) -> str:
        """The model of a call: as given, else the setting model_name. Raises BadSetting where there is none."""
        model = given or self.settings.get("model_name")
        if not model:
            raise errors.BadSetting("anthropic needs model_name", setting="model_name")
        return str(model)

    async def chat_flow(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:
        """The answer, streamed. Raises BadReply where the stream ends before its end marker."""
        builder = self.builder(request)
        body = {**builder.body(), "stream": True, **(self.settings.get("extra_body") or {})}
        headers = {"anthropic-version": builder.version}
        if betas := beta_header(self.settings.get("betas"), request.extra.get("betas")):
            headers["anthropic-beta"] = betas
        # as the vendor's own client does, a request whose connection failed is sent again
        sent = self.request("POST", "v1/messages", json=body, headers=headers)
        if builder.warnings:
            yield [WarningPart(warning=warning) for warning in builder.warnings]
        stream, reader = self.events(sent), MessageReader()
        async for events in stream:
            parts = [part for event in events for part in reader.parts(event)]
            if parts:
                yield parts
            if reader.error is not None:
                raise self.stream_failure(reader.error, stream.headers)
        if not reader.done:
            raise errors.BadReply("Anthropic's stream was cut off before its end", binding=self.binding_name)

    def reply_error(self, value: Any) -> Any:
        """Errors say so in their type."""
        return value if isinstance(value, dict) and value.get("type") == "error" else super().reply_error(value)

    def error_of(self, status: int, headers: Mapping[str, str], raw: bytes, body: Any = None) -> errors.LollmsError:
        """The error for a reply; an empty account comes as a bad request."""
        error = super().error_of(status, headers, raw, body)
        if type(error) is errors.Rejected and "credit balance" in error.message.lower():
            return errors.QuotaExceeded(error.message, **error.details)
        return error

    def stream_failure(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> errors.LollmsError:
        """The error for an error event in the middle of a stream."""
        inner = body.get("error")
        kind = str(inner.get("type")) if isinstance(inner, dict) else ""
        return self.error_of(STATUS.get(kind, 500), headers, b"", body)

    async def token_count_flow(self, text: str) -> int:
        """How many input tokens a text is as a user's message: the service counts."""
        return await self.request_token_count_flow(ChatRequest(messages=(Message.user(text),)))

    async def request_token_count_flow(self, request: ChatRequest) -> int:
        """How many input tokens a whole request has, tools and system prompt included."""
        builder = self.builder(request)
        body, headers = builder.body(), {"anthropic-version": builder.version}
        counted = ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control")
        body = {name: body[name] for name in counted if name in body}
        reply = await self.post("v1/messages/count_tokens", body, headers=headers, repeatable=True)
        if not isinstance(reply, dict) or not isinstance(reply.get("input_tokens"), int):
            raise errors.BadReply("Anthropic's token count holds no number", binding=self.binding_name)
        return int(reply["input_tokens"])

    def count_tokens(self, text: str) -> int:
        """How many input tokens a text is as a user's message, asked of the service."""
        return self._documented(self.token_count_flow(text), int)  # type: ignore[no-any-return]

    async def models_flow(self) -> list[ModelInfo]:
        """All models, page by page."""
        found: list[ModelInfo] = []
        after: str | None = None
        seen: list[Any] = []
        while True:
            page = await self.get("v1/models", query={"limit": 1000, "after_id": after})
            rows = page.get("data") if isinstance(page, dict) else None
            if not isinstance(rows, list):
                raise errors.BadReply("Anthropic's list of models holds no models", binding=self.binding_name)
            found.extend(_model(row) for row in rows)
            last = page.get("last_id")
            if page.get("has_more") is not True or not last or last in seen:
                return found
            seen.append(last)
            after = last


def _model(row: Mapping[str, Any]) -> ModelInfo:
    facts = row.get("capabilities") or {}
    able = tuple(name for name, value in facts.items() if isinstance(value, dict) and value.get("supported"))
    return ModelInfo(
        name=row["id"],
        title=row.get("display_name") or "",
        owner="Anthropic",
        created=_seconds(row.get("created_at")),
        context_tokens=row.get("max_input_tokens"),
        output_tokens=row.get("max_tokens"),
        capabilities=able,
    )


def _seconds(date: Any) -> int | None:
    try:
        seconds = int(datetime.fromisoformat(str(date)).timestamp())
    except ValueError:
        return None
    return seconds or None
