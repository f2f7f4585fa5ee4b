"""Jobs: work that a service does while nobody waits on the line."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from lollms_client.types.accounting import Progress

JobState = Literal["queued", "running", "done", "failed", "cancelled"]


class JobHandle(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is needed to find a job again, in plain JSON: store it, and go on in another process.

    It never holds a secret; the settings of the binding give the key again.
    """

    binding: str
    binding_type: str
    method: str  # image, transcription, speech, video, music, chat …
    id: str  # the service's own name for the job
    state: dict[str, Any] = msgspec.field(default_factory=dict)  # what else the binding needs to find it
    created: float | None = None  # seconds since 1970

    def as_json(self) -> str:
        """The handle as a line of JSON."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes | dict[str, Any]) -> JobHandle:
        """The handle out of its JSON. Raises BadSetting for anything else."""
        from lollms_client.errors import BadSetting

        try:
            if isinstance(text, dict):
                return msgspec.convert(text, cls)
            return msgspec.json.decode(text, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadSetting(f"this is no job handle: {error}", setting="handle") from error


class JobStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a job stands."""

    state: JobState
    progress: Progress | None = None
    error: dict[str, Any] | None = None  # an error dictionary, where the job failed
    retry_after: float | None = None  # seconds the service asks to wait before the next look
    handle: JobHandle | None = None  # a newer handle to keep, where the service gave one

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")
