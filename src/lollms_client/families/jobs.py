"""Jobs: a service's submit, check, collect and cancel, and the one-call form derived from them."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import msgspec

from lollms_client import errors
from lollms_client.binding import LollmsBinding
from lollms_client.flow import Now, Report, Sleep
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.job import JobHandle, JobStatus
from lollms_client.types.music import MusicRequest, MusicResult
from lollms_client.types.speech import SpeechRequest, SpeechResult
from lollms_client.types.transcription import TranscriptionRequest, TranscriptionResult
from lollms_client.types.video import VideoRequest, VideoResult

_METHODS: dict[type, str] = {
    ImageRequest: "image",
    TranscriptionRequest: "transcription",
    SpeechRequest: "speech",
    VideoRequest: "video",
    MusicRequest: "music",
}

_SHORTEST_PAUSE = 0.001  # seconds; a clock need not advance by less


class JobBinding(LollmsBinding):
    """A binding whose service works in jobs. Put it before HttpBinding and the modality's base class.

    Write `submit`, `check`, `collect` and `cancel_job`; the modality's one-call form follows from them: it polls
    (`poll_first` seconds after submitting, then ever more slowly up to `poll_longest`), reports progress, gives up
    after `job_limit` seconds, and cancels at the service when the caller stops waiting.
    """

    poll_first: ClassVar[float] = 1.0
    poll_longest: ClassVar[float] = 10.0
    job_limit: ClassVar[float] = 3600.0

    async def submit(self, request: Any) -> JobHandle:
        """Start the job."""
        raise NotImplementedError(f"{type(self).__name__} has no submit()")

    async def check(self, handle: JobHandle) -> JobStatus:
        """How the job stands."""
        raise NotImplementedError(f"{type(self).__name__} has no check()")

    async def collect(self, handle: JobHandle) -> Any:
        """The result of a job that is done."""
        raise NotImplementedError(f"{type(self).__name__} has no collect()")

    async def cancel_job(self, handle: JobHandle) -> None:
        """Stop the job at the service."""
        raise self.unsupported("cancelling of jobs")

    def handle(self, request: Any, id: str, **state: Any) -> JobHandle:
        """A handle for a job that was just submitted."""
        return JobHandle(
            binding=self.binding_name,
            binding_type=self.binding_type,
            method=_METHODS.get(type(request), "chat"),
            id=id,
            state=state,
            created=time.time(),
        )

    async def wait_for(self, handle: JobHandle) -> JobHandle:
        """Poll until the job is done; gives the newest handle. Raises JobFailed, TimedOut or Cancelled."""
        began = await Now()
        pause = self.poll_first
        while True:
            status = await self.check(handle)
            handle = status.handle or handle
            if status.progress is not None:
                await Report(status.progress)
            if status.state == "done":
                return handle
            if status.finished:
                raise job_error(handle, status)
            left = self.job_limit - (await Now() - began)
            if left < _SHORTEST_PAUSE:
                raise errors.TimedOut(
                    f"the job {handle.id} was not done within {self.job_limit:g} s; its handle stays good",
                    stage="job",
                    job=msgspec.to_builtins(handle),
                )
            await Sleep(min(status.retry_after or pause, left))
            pause = min(self.poll_longest, pause * 1.5)

    async def run_job(self, request: Any) -> Any:
        """Submit, wait and collect; a job whose caller stops waiting is cancelled at the service."""
        handle = await self.submit(request)
        try:
            handle = await self.wait_for(handle)
        except errors.Cancelled:
            await self._cancel_quietly(handle)
            raise
        except errors.TimedOut as error:
            if error.details.get("stage") in ("total", "job"):
                await self._cancel_quietly(handle)
            error.details.setdefault("job", msgspec.to_builtins(handle))
            raise
        return await self.collect(handle)

    async def _cancel_quietly(self, handle: JobHandle) -> None:
        try:
            await self.cancel_job(handle)
        except errors.LollmsError:
            return  # the call ends with its own reason

    async def image_flow(self, request: ImageRequest) -> ImageResult:
        """Make or edit images by a job."""
        result: ImageResult = await self.run_job(request)
        return result

    async def transcription_flow(self, request: TranscriptionRequest) -> TranscriptionResult:
        """Transcribe by a job."""
        result: TranscriptionResult = await self.run_job(request)
        return result

    async def speech_flow(self, request: SpeechRequest) -> SpeechResult:
        """Speak by a job."""
        result: SpeechResult = await self.run_job(request)
        return result

    async def video_flow(self, request: VideoRequest) -> VideoResult:
        """Make a film by a job."""
        result: VideoResult = await self.run_job(request)
        return result

    async def music_flow(self, request: MusicRequest) -> MusicResult:
        """Make music by a job."""
        result: MusicResult = await self.run_job(request)
        return result


def job_error(handle: JobHandle, status: JobStatus) -> errors.LollmsError:
    """The error for a job that did not succeed."""
    from lollms_client.plain import check_reply

    if status.state == "cancelled":
        return errors.JobFailed(f"the job {handle.id} was cancelled at the service", job=handle.id)
    if status.error:
        try:
            check_reply({**status.error, "status": "error"})
        except errors.LollmsError as error:
            if type(error) in (errors.CallError, errors.LollmsError):
                error = errors.JobFailed(error.message, **error.details)
            error.details.setdefault("job", handle.id)
            return error
    return errors.JobFailed(f"the job {handle.id} failed; the service did not say why", job=handle.id)
