"""What Stability's bindings share: forms sent, media or jobs back, results waited for, errors.

Wire: https://platform.stability.ai/docs/api-reference, v2beta, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from lollms_client import errors
from lollms_client.families.http import Headers, HttpBinding, error_body
from lollms_client.families.jobs import JobBinding
from lollms_client.families.multipart import FormFile
from lollms_client.flow import Close, HttpReply, HttpRequest
from lollms_client.types.accounting import Progress
from lollms_client.types.job import JobHandle, JobStatus
from lollms_client.types.media import Media


class StabilityBinding(JobBinding, HttpBinding):
    """Base of the bindings for images and music: a reply is the medium itself, or names a job that makes it."""

    default_address: ClassVar[str] = "https://api.stability.ai"
    kind: ClassVar[str] = "image"
    results_path: ClassVar[str] = "v2beta/results"
    poll_first = 4.0

    def auth_headers(self) -> Headers:
        """The key as a bearer; nothing is offered without one."""
        return {"Authorization": self.required_key().derive("Bearer {}")}

    def default_headers(self) -> Headers:
        """Media as bytes, not as base64 in JSON; errors come as JSON all the same."""
        return {"Accept": f"{self.kind}/*"}

    def form(self, path: str, fields: Mapping[str, Any], files: Sequence[FormFile]) -> HttpRequest:
        """The form for an operation: what is set, and the user's `extra_body` last."""
        return self.form_request(path, {**fields, **(self.settings.get("extra_body") or {})}, files)

    async def make(self, request: Any, sent: HttpRequest) -> HttpReply:
        """The reply that holds the medium; where the service names a job instead, it is waited for."""
        reply = await self.send(sent)
        identity = self._job(reply)
        if identity is None:
            return self._checked(reply)
        handle = await self.wait_for(self.handle(request, identity))
        return self._checked(await self.send(self._result_request(handle)))

    async def start(self, request: Any, sent: HttpRequest, **state: Any) -> JobHandle:
        """The handle of the job that the service started. Raises BadReply where it did not."""
        identity = self._job(await self.send(sent))
        if identity is None:
            raise errors.BadReply("the service's reply names no job")
        return self.handle(request, identity, **state)

    async def check(self, handle: JobHandle) -> JobStatus:
        """How the job stands: 202 while it runs. Raises JobExpired where the service no longer knows it."""
        try:
            reply = await self.open(self._result_request(handle))
        except errors.NotFound as error:
            raise errors.JobExpired(
                f"the service no longer knows the job {handle.id}; results are kept for 24 hours", job=handle.id
            ) from error
        await Close(reply)
        if reply.status == 202:
            return JobStatus(state="running", progress=Progress(stage="making"))
        return JobStatus(state="done")

    async def result(self, handle: JobHandle) -> HttpReply:
        """The reply that holds the result of a job that is done."""
        return self._checked(await self.send(self._result_request(handle)))

    def _result_request(self, handle: JobHandle) -> HttpRequest:
        return self.request("GET", f"{self.results_path}/{handle.id}")

    def _job(self, reply: HttpReply) -> str | None:
        if "json" not in reply.headers.get("content-type", ""):
            return None
        value = self.decoded(reply)
        identity = value.get("id") if isinstance(value, dict) else None
        return identity if isinstance(identity, str) and self.kind not in value else None

    def _checked(self, reply: HttpReply) -> HttpReply:
        """The reply. Raises ContentFiltered for a withheld result, BadReply for anything that is no medium."""
        reason = reply.headers.get("finish-reason", "SUCCESS").upper()
        if reason == "CONTENT_FILTERED":
            raise errors.ContentFiltered(
                "the service withheld the result because of its content rules; change the prompt",
                request_id=reply.headers.get("x-request-id"),
            )
        if reply.status == 202 or "json" in reply.headers.get("content-type", "") or not reply.body:
            if reply.body.strip():
                self.decoded(reply)
            raise errors.BadReply(f"the service sent no {self.kind}")
        return reply

    def medium(self, reply: HttpReply) -> Media:
        """The medium in a reply."""
        declared = reply.headers.get("content-type", "").partition(";")[0].strip()
        return Media(reply.body, declared if declared.startswith(self.kind) else None)

    def reply_error(self, value: Any) -> Any:
        """An error in the vendor's shape: a name and a list of explanations."""
        if isinstance(value, dict) and value.get("errors"):
            return value
        return super().reply_error(value)

    def error_of(self, status: int, headers: Mapping[str, str], raw: bytes, body: Any = None) -> errors.LollmsError:
        """The error; its `id` is the request's, its `name` the code."""
        body = error_body(raw, body)
        if isinstance(body, dict) and body.get("name"):
            listed = body.get("errors")
            message = "; ".join(map(str, listed)) if isinstance(listed, list) else str(listed or body["name"])
            body = {**body, "code": body["name"], "message": message, "request_id": body.get("id")}
        return super().error_of(status, headers, raw, body)


def seed_of(headers: Mapping[str, str], asked: int | None) -> int | None:
    """The seed that the service used, as its header says."""
    used = headers.get("seed", "")
    return int(used) if used.isdigit() else asked
