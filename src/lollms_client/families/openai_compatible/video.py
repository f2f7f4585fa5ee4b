"""Films as jobs on the wire of `/videos`: create, check with progress, content, remix, delete.

OpenAI's own route was shut down on 2026-09-24; other services keep the shape. Wire: OpenAI's API document as of
2026-08-21 (resources `videos`), and the services' own documents, named in their manifests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from lollms_client import errors
from lollms_client.families.exchange import origin
from lollms_client.families.jobs import JobBinding
from lollms_client.families.openai_compatible.media import MediaBinding, text_or_none, usage_of
from lollms_client.families.openai_compatible.video_body import VideoCall, VideoQuirks
from lollms_client.families.service_errors import error_facts, service_error
from lollms_client.lollms_ttv_binding import LollmsTTVBinding
from lollms_client.types.accounting import CallWarning, Progress
from lollms_client.types.job import JobHandle, JobState, JobStatus
from lollms_client.types.media import Media
from lollms_client.types.video import VideoRequest, VideoResult

_STATES: dict[str, JobState] = {
    "queued": "queued",
    "pending": "queued",
    "created": "queued",
    "submitted": "queued",
    "in_progress": "running",
    "processing": "running",
    "running": "running",
    "generating": "running",
    "completed": "done",
    "complete": "done",
    "succeeded": "done",
    "success": "done",
    "done": "done",
    "failed": "failed",
    "error": "failed",
    "expired": "failed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}


class OpenAIVideoBinding(JobBinding, MediaBinding, LollmsTTVBinding):
    """A service that makes films in the job shape of `/videos`."""

    poll_first = 2.0

    async def submit(self, request: VideoRequest) -> JobHandle:
        """Create the job, or a remix of an earlier one (parameter `remix_of`)."""
        call = VideoCall(self, request, self.media_quirks(VideoQuirks))
        reply = self._job(self.decoded(await self.send(call.build())))
        warnings = [msgspec.to_builtins(warning) for warning in call.parameters.warnings]
        state: dict[str, Any] = {"model": call.model, "warnings": warnings, "seed": request.seed, **_polling(reply)}
        if self.parameter(request, "thumbnail", "generate_video"):
            state["thumbnail"] = True
        handle = self.handle(request, str(reply["id"]), **{k: v for k, v in state.items() if v not in (None, [], "")})
        status = self._status(reply, handle)
        if status.state == "failed":
            from lollms_client.families.jobs import job_error

            raise job_error(handle, status)
        return handle

    async def check(self, handle: JobHandle) -> JobStatus:
        """How the job stands. Raises JobExpired where the service no longer knows it."""
        return self._status(await self._row(handle), handle)

    async def collect(self, handle: JobHandle) -> VideoResult:
        """The film of a job that is done."""
        row = await self._row(handle)
        quirks = self.media_quirks(VideoQuirks)
        address = _address(row)
        if quirks.content == "reply" or (quirks.content == "either" and address):
            if not address:
                raise errors.BadReply(f"the service says that the job {handle.id} is done, but gives no film")
            video = await self.download(address)
        else:
            video = await self._content(handle)
        extra: dict[str, Any] = {"expires_at": row["expires_at"]} if row.get("expires_at") else {}
        if handle.state.get("thumbnail"):
            extra["thumbnail"] = await self._content(handle, "thumbnail")
        seconds = _number(row.get("seconds") or row.get("duration"))
        width, height = _size(row.get("size"))
        return VideoResult(
            video=video,
            seconds=seconds,
            width=width,
            height=height,
            fps=_number(row.get("fps")),
            seed=row["seed"] if isinstance(row.get("seed"), int) else handle.state.get("seed"),
            usage=usage_of(row, **({"seconds": seconds} if seconds else {})),
            warnings=tuple(msgspec.convert(item, CallWarning) for item in handle.state.get("warnings", ())),
            model=text_or_none(row.get("model")) or handle.state.get("model"),
            id=handle.id,
            extra=extra,
        )

    async def cancel_job(self, handle: JobHandle) -> None:
        """Delete the job at the service, which also stops it."""
        if not self.media_quirks(VideoQuirks).deletable:
            raise self.unsupported("cancelling of jobs")
        await self.delete(self._place(handle))

    async def videos_flow(self, limit: int | None = None, after: str | None = None) -> list[JobHandle]:
        """The jobs that the service still keeps, the newest first; each handle's film can be collected."""
        reply = await self.get(self.path("videos"), query={"limit": limit, "after": after})
        rows = reply.get("data") if isinstance(reply, Mapping) else reply
        if not isinstance(rows, list):
            raise errors.BadReply("the service's list of films has none of the known shapes")
        return [
            JobHandle(
                binding=self.binding_name,
                binding_type=self.binding_type,
                method="video",
                id=str(row["id"]),
                state={"model": row["model"]} if row.get("model") else {},
                created=_number(row.get("created_at")),
            )
            for row in rows
            if isinstance(row, Mapping) and row.get("id")
        ]

    # --- reading ---

    def reply_error(self, value: Any) -> Any:
        """A job that carries the reason of its failure is no failed exchange."""
        if isinstance(value, Mapping) and value.get("id") and value.get("status"):
            return None
        return super().reply_error(value)

    async def _row(self, handle: JobHandle) -> Mapping[str, Any]:
        try:
            return self._job(await self.get(self._place(handle)))
        except errors.NotFound as error:
            raise errors.JobExpired(
                f"the service no longer knows the job {handle.id}", **{**error.details, "job": handle.id}
            ) from error

    async def _content(self, handle: JobHandle, variant: Literal["video", "thumbnail"] = "video") -> Media:
        query = {"variant": variant} if variant != "video" else None
        request = self.request("GET", f"{self._place(handle)}/content", query=query, max_bytes=1024 * 1024 * 1024)
        return await self.media(request, "image" if variant == "thumbnail" else "video")

    def _place(self, handle: JobHandle) -> str:
        return f"{self.path('videos')}/{quote(handle.id, safe='')}"

    def _job(self, value: Any) -> Mapping[str, Any]:
        reply = self.adapt_reply("videos", value)
        if not isinstance(reply, Mapping) or not reply.get("id"):
            raise errors.BadReply("the service's reply names no job")
        return reply

    def _status(self, row: Mapping[str, Any], handle: JobHandle) -> JobStatus:
        word = str(row.get("status") or "queued").lower()
        state = _STATES.get(
            word, "running"
        )  # a word that is not known yet means that there is still something to wait for
        done = _number(row.get("progress"))
        fraction = None if done is None else min(1.0, max(0.0, done / 100))
        progress = Progress(fraction=1.0 if state == "done" else fraction, stage=word)
        if state != "failed":
            return JobStatus(state=state, progress=progress)
        return JobStatus(state=state, progress=progress, error=self._failure(row, word, handle))

    def _failure(self, row: Mapping[str, Any], word: str, handle: JobHandle) -> dict[str, Any]:
        told = row.get("error")
        message, facts = error_facts(told)
        if word == "expired":
            return errors.JobExpired(f"the job {handle.id} has expired at the service").as_dict()
        error = service_error(200, {}, told, host=origin(self.base_url)[1], raw=message.encode())
        if type(error) is errors.CallError or not isinstance(error, errors.Rejected | errors.QuotaExceeded):
            error = errors.JobFailed(f"the job {handle.id} failed: {message or 'the service did not say why'}", **facts)
        return error.as_dict()


def _polling(reply: Mapping[str, Any]) -> dict[str, Any]:
    polling = text_or_none(reply.get("polling_url"))
    return {"polling_url": polling} if polling else {}


def _address(row: Mapping[str, Any]) -> str | None:
    """The film's address, wherever services put it."""
    for name in ("unsigned_urls", "urls"):
        urls = row.get(name)
        if isinstance(urls, list) and urls and isinstance(urls[0], str):
            return urls[0]
    places: list[Any] = [row, row.get("outputs"), row.get("video"), row.get("output")]
    data = row.get("data")
    places += data if isinstance(data, list) else [data]
    for place in places:
        if isinstance(place, str) and place.startswith(("http", "data:")):
            return place
        if isinstance(place, Mapping):
            for name in ("url", "video_url", "b64_json"):
                if isinstance(place.get(name), str):
                    return f"data:video/mp4;base64,{place[name]}" if name == "b64_json" else str(place[name])
    return None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _size(text: Any) -> tuple[int | None, int | None]:
    from lollms_client.families.openai_compatible.sizes import parse_size

    return (parse_size(text) if isinstance(text, str) else None) or (None, None)
