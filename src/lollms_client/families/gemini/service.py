"""Google's Gemini API as a service: its addresses (its own, or Vertex), keys, models and errors.

Wire: https://ai.google.dev/api and its discovery document v1beta of 2026-08-21; Vertex:
https://docs.cloud.google.com/gemini-enterprise-agent-platform/reference/rest, as of November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lollms_client import errors
from lollms_client.families.exchange import origin
from lollms_client.families.gemini.reply import check_blocked
from lollms_client.families.http import Headers, HttpBinding
from lollms_client.types.catalogue import ModelInfo

_METHODS = {
    "generateContent": "generate", "embedContent": "embed", "countTokens": "token_count", "predict": "images",
    "predictLongRunning": "video", "bidiGenerateContent": "realtime", "createCachedContent": "prompt_caching",
}  # fmt: skip


class GeminiService(HttpBinding):
    """The Gemini API by a key, or Vertex where the setting vertex_project is given. Put it before the modality."""

    @property
    def vertex(self) -> bool:
        """Whether calls go to Vertex."""
        return bool(self.settings.get("vertex_project"))

    @property
    def location(self) -> str:
        """Vertex's region."""
        return str(self.settings.get("vertex_location") or "global")

    @property
    def base_url(self) -> str:
        """The setting host_address, else the address of the Gemini API or of Vertex in the region set."""
        if self.settings.get("host_address"):
            return super().base_url
        if not self.vertex:
            return "https://generativelanguage.googleapis.com"
        region = "" if self.location == "global" else f"{self.location}-"
        return f"https://{region}aiplatform.googleapis.com"

    @property
    def version(self) -> str:
        """The version of the API in its paths."""
        return str(self.settings.get("api_version") or ("v1beta1" if self.vertex else "v1beta"))

    def auth_headers(self) -> Headers:
        """The key in Google's own header, never in the address; on Vertex the access token as the bearer's."""
        token, key = self.key("access_token"), self.key()
        if token is not None and (self.vertex or key is None):
            return {"Authorization": token.derive("Bearer {}")}
        if self.vertex and key is None:
            self.required_key("access_token")
        return {"x-goog-api-key": self.required_key()}

    def model_of(self, given: str | None = None, setting: str = "model_name") -> str:
        """The model of a call without `models/`: as given, else the setting. Raises BadSetting where there is none."""
        model = str(given or self.settings.get(setting) or "").removeprefix("models/")
        if not model:
            raise errors.BadSetting(f"{self.binding_name} needs {setting}", setting=setting)
        return model

    def bare_model_name(self, model: str) -> str:
        """The model's full resource name."""
        if self.vertex and "/" not in model:
            project = self.settings["vertex_project"]
            return f"projects/{project}/locations/{self.location}/publishers/google/models/{model}"
        return model if "/" in model else f"models/{model}"

    def method(self, model: str, name: str) -> str:
        """The path of a method of a model."""
        return f"{self.version}/{self.bare_model_name(model)}:{name}"

    async def generate(self, model: str, body: Mapping[str, Any], *, repeatable: bool | None = None) -> dict[str, Any]:
        """One whole reply of generateContent. Raises ContentFiltered for a prompt that was blocked."""
        sent = {**body, **(self.settings.get("extra_body") or {})}
        reply = await self.post(self.method(model, "generateContent"), sent, repeatable=repeatable)
        if not isinstance(reply, dict):
            raise errors.BadReply("the Gemini API's reply is no object", binding=self.binding_name)
        check_blocked(reply)
        return reply

    # --- errors ---

    def reply_error(self, value: Any) -> Any:
        """Errors may come in a list of one."""
        if isinstance(value, list) and value and isinstance(value[0], dict) and value[0].get("error"):
            return value[0]
        return super().reply_error(value)

    def error_of(self, status: int, headers: Mapping[str, str], raw: bytes, body: Any = None) -> errors.LollmsError:
        """The error for a reply: a quota that renews itself is a rate limit, with the wait that Google asks for."""
        error = super().error_of(status, headers, raw, body)
        if body is None:
            body = _decoded(raw)
        facts = body[0] if isinstance(body, list) and body else body
        inner = facts.get("error") if isinstance(facts, dict) else None
        listed = inner.get("details") if isinstance(inner, dict) else None
        details = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
        reason = next((str(item["reason"]) for item in details if item.get("reason")), None)
        if reason:
            error.details["reason"] = reason
        if reason == "API_KEY_INVALID" and not isinstance(error, errors.AuthenticationFailed):
            error = errors.AuthenticationFailed(error.message, **error.details)
        wait = next((delay for item in details if (delay := _seconds(item.get("retryDelay"))) is not None), None)
        if wait is not None and isinstance(error, (errors.QuotaExceeded, errors.RateLimited)):
            error = errors.RateLimited(error.message, **{**error.details, "retry_after": wait})
        return error

    # --- models ---

    async def models_flow(self) -> list[ModelInfo]:
        """All models, page by page."""
        path, name = ("publishers/google/models", "publisherModels") if self.vertex else ("models", "models")
        found: list[ModelInfo] = []
        token: str | None = None
        seen: list[Any] = []
        while True:
            size = None if self.vertex else 1000
            page = await self.get(f"{self.version}/{path}", query={"pageSize": size, "pageToken": token})
            rows = page.get(name, []) if isinstance(page, dict) else None
            if not isinstance(rows, list):
                raise errors.BadReply(
                    f"the list of models of {origin(self.base_url)[1]} holds no models", binding=self.binding_name
                )
            found.extend(_model(row) for row in rows)
            following = page.get("nextPageToken")
            if not following or following in seen:
                return found
            seen.append(following)
            token = following


def _decoded(raw: bytes) -> Any:
    from lollms_client.families.events import decode_json

    try:
        return decode_json(raw)
    except errors.BadReply:
        return None


def _seconds(value: Any) -> float | None:
    try:
        return float(str(value).removesuffix("s"))
    except ValueError:
        return None


def _model(row: Mapping[str, Any]) -> ModelInfo:
    named = [name for name in row.get("supportedGenerationMethods") or () if isinstance(name, str)]
    methods = [_METHODS.get(name, name) for name in named]
    if row.get("thinking"):
        methods.append("reasoning")
    return ModelInfo(
        name=row["name"].rpartition("models/")[2],
        title=row.get("displayName") or "",
        description=row.get("description") or "",
        owner="Google",
        context_tokens=row.get("inputTokenLimit"),
        output_tokens=row.get("outputTokenLimit"),
        capabilities=tuple(methods),
        extra={name: row[name] for name in ("version", "maxTemperature", "launchStage") if name in row},
    )
