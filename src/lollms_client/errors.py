"""The error tree: every failure has a stable code, says whether trying again can help, and turns into a dictionary."""

from __future__ import annotations

from typing import Any, ClassVar


class LollmsError(Exception):
    """Base of every error that this package raises on purpose.

    `code` is stable and made for programs; `retryable` says whether the same call may succeed later; `details` holds
    further facts in plain JSON values (binding, setting, status, request id …), never a secret.
    """

    code: ClassVar[str] = "error"
    retryable: bool = False

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = {name: value for name, value in details.items() if value is not None}

    def as_dict(self) -> dict[str, Any]:
        """The error dictionary of the documented methods: status, message, code, retryable, and the details."""
        return {
            **self.details,
            "status": "error",
            "message": self.message,
            "code": self.code,
            "retryable": self.retryable,
        }

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message, self.details, self.__cause__))


def _rebuild(kind: type[LollmsError], message: str, details: dict[str, Any], cause: Any) -> LollmsError:
    error = kind.__new__(kind)
    LollmsError.__init__(error, message, **details)
    error.__cause__ = cause
    return error


# --- configuration: wrong before anything was sent -------------------------------------------------------------------


class ConfigurationError(LollmsError):
    """Something on this side is missing or wrong; nothing was sent."""

    code = "configuration"


class UnknownBinding(ConfigurationError):
    """No binding of that name; the message names the nearest known ones."""

    code = "unknown_binding"


class BindingLoadFailed(ConfigurationError):
    """The binding was found but its code could not be loaded; the cause is chained."""

    code = "binding_load_failed"


class BadManifest(ConfigurationError):
    """A description.yaml breaks a rule; `file`, `line`, `rule` and `cure` are in the details."""

    code = "bad_manifest"


class BadSetting(ConfigurationError):
    """A setting or parameter has a wrong type, range, option or name."""

    code = "bad_setting"


class MissingKey(ConfigurationError):
    """A secret is needed and was given nowhere; the message names the setting and the environment variable."""

    code = "missing_key"


class MissingDependency(ConfigurationError):
    """A package that the binding requires is not installed; the message names the command that installs it."""

    code = "missing_dependency"


class MissingAsset(ConfigurationError):
    """Weights or data are not on this machine and could not be fetched."""

    code = "missing_asset"


class BadMedia(ConfigurationError, ValueError):
    """An image, sound or film given by the caller cannot be read."""

    code = "bad_media"


class BadFlow(ConfigurationError):
    """A binding awaited something that is not an effect of ours; the message names the verb to use."""

    code = "bad_flow"


class Unsupported(LollmsError, NotImplementedError):
    """The binding or the model does not offer this at all."""

    code = "unsupported"


class Cancelled(LollmsError):
    """The caller gave up the call."""

    code = "cancelled"


# --- calls: something went wrong after sending began -----------------------------------------------------------------


class CallError(LollmsError):
    """A call failed at the service, on the way to it, or in a local engine."""

    code = "call_failed"


class AuthenticationFailed(CallError):
    """The service refused the key."""

    code = "authentication_failed"


class PermissionDenied(CallError):
    """The key is valid but may not do this."""

    code = "permission_denied"


class RateLimited(CallError):
    """Too many requests; `retry_after` (seconds) is in the details where the service said it."""

    code = "rate_limited"
    retryable = True


class QuotaExceeded(CallError):
    """The account's money or quota is used up: waiting a little does not help."""

    code = "quota_exceeded"


class Rejected(CallError):
    """The service refused the request as it is."""

    code = "rejected"


class ContentFiltered(Rejected):
    """The service's content rules refused the prompt or withheld the answer."""

    code = "content_filtered"


class ContextTooLong(Rejected):
    """The input does not fit into the model's context."""

    code = "context_too_long"


class NotFound(CallError):
    """The model, voice, job or address does not exist at the service."""

    code = "not_found"


class Unavailable(CallError):
    """The service could not be reached or said that it cannot answer now."""

    code = "unavailable"
    retryable = True


class TimedOut(CallError):
    """A time limit ran out; `stage` is connect, first_byte, silence, total or job."""

    code = "timed_out"
    retryable = True


class BadReply(CallError):
    """The service's reply cannot be understood, is cut off, or is not what it says it is."""

    code = "bad_reply"


class ReplyTooLarge(BadReply):
    """The reply is larger than the limit set for it."""

    code = "reply_too_large"


class ForbiddenAddress(CallError):
    """A URL out of a service's reply, or a redirect, points where nothing may be fetched from."""

    code = "forbidden_address"


class JobFailed(CallError):
    """The service says that the job failed."""

    code = "job_failed"


class JobExpired(CallError):
    """The service no longer knows the job or its result."""

    code = "job_expired"


class EngineFailed(CallError):
    """A local engine failed while working."""

    code = "engine_failed"


class ProcessDied(EngineFailed):
    """The worker process in which an isolated binding ran ended in the middle of a call.

    `exit_code` (minus the number of a signal) and `output` (its last lines) are in the details. The next call starts a
    new process. It is retryable where another call was the reason.
    """

    code = "process_died"
