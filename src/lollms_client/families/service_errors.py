"""From a service's error reply to the error tree: one reading for the shapes that services use."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from typing import Any

from lollms_client import errors
from lollms_client.families.events import snippet
from lollms_client.secret import redact

_REQUEST_IDS = (
    "x-request-id",
    "request-id",
    "apim-request-id",
    "x-amzn-requestid",
    "x-goog-request-id",
    "x-correlation-id",
    "x-trace-id",
    "cf-ray",
)
_CONTEXT_CODES = {"context_length_exceeded", "string_above_max_length", "exceed_context_size_error", "context_window"}
_CONTEXT_WORDS = (
    "context length",
    "context window",
    "context size",
    "maximum context",
    "too many tokens",
    "prompt is too long",
    "input is too long",
    "exceeds the maximum number of tokens",
)
_FILTER_CODES = {"content_filter", "content_policy_violation", "moderation_blocked", "safety", "content_moderation"}
_FILTER_WORDS = ("content policy", "content management policy", "safety system", "content filter", "moderation")
_QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached", "quota_exceeded", "insufficient_credits"}
_QUOTA_WORDS = ("insufficient balance", "insufficient quota", "exceeded your current quota", "billing", "credit")


def service_error(
    status: int, headers: Mapping[str, str], body: Any, *, host: str, raw: bytes = b""
) -> errors.LollmsError:
    """The error for a reply of `host` with that status. `body` is the decoded JSON, or None where it is none.

    Details: status, request_id, retry_after (seconds), service_code, service_type, parameter.
    """
    message, facts = error_facts(body)
    if not message:
        message = snippet(raw) if raw.strip() else "no explanation was given"
    kind = _kind(status, message, {str(value).lower() for value in facts.values()})
    details: dict[str, Any] = {
        "host": host,
        "status": status,
        "request_id": request_id(headers, body),
        "retry_after": retry_after(headers),
        **facts,
    }
    text = redact(f"{host} answered {status}: {message}")
    error = kind(f"{text}{_ADVICE.get(kind, '')}", **details)
    if status in (408, 409, 425, 500, 502, 503, 504, 529) and isinstance(error, errors.CallError):
        error.retryable = True
    return error


_ADVICE: dict[type[errors.LollmsError], str] = {
    errors.AuthenticationFailed: "; check the key (setting service_key, or its environment variable)",
    errors.RateLimited: "; wait and try again",
    errors.QuotaExceeded: "; check the account's balance or plan",
    errors.NotFound: "; check the model's name and the host_address",
    errors.ContextTooLong: "; shorten the input or choose a model with a larger context",
}


def error_facts(body: Any) -> tuple[str, dict[str, Any]]:
    """The message and the machine-readable facts of an error body, whatever its shape."""
    if isinstance(body, list) and body:
        return error_facts(body[0])
    if isinstance(body, str):
        return body, {}
    if not isinstance(body, dict):
        return "", {}
    inner = body.get("error") or body.get("detail")
    if isinstance(inner, dict) or (isinstance(inner, list) and inner and body.get("error") is inner):
        message, facts = error_facts(inner)
        outer = _facts(body)
        return message or _message(body), {**outer, **facts}
    return _message(body), _facts(body)


_BARE = frozenset(
    {"error", "errors", "detail", "details", "message", "messages", "msg", "code", "status", "success", "result",
     "type", "request_id", "title", "error_code", "error_message"}
)  # fmt: skip


def is_bare_error(body: Mapping[str, Any]) -> bool:
    """Whether a reply with a good status holds nothing but an error, whatever its shape."""
    if not body or not body.keys() <= _BARE or body.get("result"):
        return False
    status, code = body.get("status"), body.get("code")
    if status not in (None, "error", False):
        return False  # how a job stands, and not this reply
    failed = status is not None or body.get("success") is False
    said = bool(body.get("errors") or body.get("detail") or body.get("error_message"))
    numbered = isinstance(code, int) and code not in (0, 200) and bool(body.get("msg") or body.get("message"))
    return failed or said or numbered


def _message(body: Mapping[str, Any]) -> str:
    for name in ("message", "error", "detail", "details", "errors", "error_message", "msg", "title", "name"):
        value = body.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, (list, dict)) and value:
            return _nested(value)
    return ""


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_nested(item) for item in value[:5])
    if isinstance(value, dict):
        place = ".".join(str(step) for step in value.get("loc", ())) if isinstance(value.get("loc"), list) else ""
        text = str(value.get("msg") or value.get("message") or value.get("detail") or value)[:500]
        return f"{place}: {text}" if place else text
    return str(value)[:500]


def _facts(body: Mapping[str, Any]) -> dict[str, Any]:
    names = {"code": "service_code", "type": "service_type", "status": "service_status", "param": "parameter"}
    return {
        ours: redact(str(body[theirs]))[:200]
        for theirs, ours in names.items()
        if isinstance(body.get(theirs), (str, int)) and body.get(theirs) not in ("", None)
    }


def _kind(status: int, message: str, codes: set[str]) -> type[errors.LollmsError]:
    words = message.lower()
    if codes & _QUOTA_CODES:
        return errors.QuotaExceeded
    if status in (400, 403, 413, 422, 429, 500, 200):
        if codes & _CONTEXT_CODES or any(phrase in words for phrase in _CONTEXT_WORDS):
            return errors.ContextTooLong
        if codes & _FILTER_CODES or (status < 429 and any(phrase in words for phrase in _FILTER_WORDS)):
            return errors.ContentFiltered
        if status == 429 and any(phrase in words for phrase in _QUOTA_WORDS):
            return errors.QuotaExceeded
    if status in _KINDS:
        return _KINDS[status]
    if codes & {"rate_limit_exceeded", "rate_limit_error", "resource_exhausted"}:
        return errors.RateLimited
    if codes & {"invalid_api_key", "authentication_error", "unauthenticated"} or (
        status == 400 and "api key" in words and "valid" in words
    ):
        return errors.AuthenticationFailed
    if codes & {"overloaded_error", "server_error", "api_error", "unavailable", "internal"} or status >= 500:
        return errors.Unavailable
    return errors.Rejected if status >= 400 else errors.CallError


_KINDS: dict[int, type[errors.LollmsError]] = {
    401: errors.AuthenticationFailed,
    402: errors.QuotaExceeded,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    408: errors.Unavailable,
    410: errors.NotFound,
    425: errors.Unavailable,
    429: errors.RateLimited,
}


def request_id(headers: Mapping[str, str], body: Any = None) -> str | None:
    """The service's own number for the request, from its headers or its body."""
    for name in _REQUEST_IDS:
        if name in headers:
            return headers[name][:200]
    if isinstance(body, dict) and isinstance(body.get("request_id"), str):
        return str(body["request_id"])[:200]
    return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait, from Retry-After (seconds or a date) or retry-after-ms."""
    milliseconds = headers.get("retry-after-ms")
    value = headers.get("retry-after")
    try:
        if milliseconds is not None:
            return max(0.0, float(milliseconds) / 1000)
        if value is None:
            return None
        seconds = float(value)
    except ValueError:
        date = email.utils.parsedate_tz(value or "")
        if date is None:
            return None
        seconds = email.utils.mktime_tz(date) - time.time()
    return max(0.0, seconds) if seconds == seconds and seconds != float("inf") else None
