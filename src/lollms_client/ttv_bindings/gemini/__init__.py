"""Google's Veo and Gemini Omni as a binding: a film is an operation or a background interaction.

Wire: https://ai.google.dev/gemini-api/docs/veo, discovery document v1beta of 2026-08-21; Vertex:
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation, as of November 2026.
"""

from __future__ import annotations

from typing import Any

from lollms_client import errors
from lollms_client.families.gemini.reply import inline_media
from lollms_client.families.gemini.service import GeminiService
from lollms_client.families.gemini.shapes import exact_ratio, nearest_ratio
from lollms_client.families.jobs import JobBinding
from lollms_client.lollms_ttv_binding import LollmsTTVBinding
from lollms_client.ttv_bindings.gemini import omni
from lollms_client.types.accounting import CallWarning, Progress
from lollms_client.types.job import JobHandle, JobStatus
from lollms_client.types.media import Media
from lollms_client.types.video import VideoRequest, VideoResult

BindingName = "GeminiBinding"
_RATIOS = ("16:9", "9:16")
_LINES = {720: "720p", 1080: "1080p", 2160: "4k"}
_SECONDS = (4, 6, 8)
_SHARED = {"person_generation": "personGeneration", "resolution": "resolution", "aspect_ratio": "aspectRatio"}
_VERTEX = {
    "enhance_prompt": "enhancePrompt", "compression_quality": "compressionQuality", "resize_mode": "resizeMode",
    "storage_uri": "storageUri",
}  # fmt: skip
_CODES: dict[int, type[errors.LollmsError]] = {  # google.rpc.Code
    1: errors.JobFailed, 3: errors.Rejected, 4: errors.TimedOut, 5: errors.NotFound, 7: errors.PermissionDenied,
    8: errors.RateLimited, 13: errors.Unavailable, 14: errors.Unavailable, 16: errors.AuthenticationFailed,
}  # fmt: skip


class GeminiBinding(JobBinding, GeminiService, LollmsTTVBinding):
    """Films by Veo and Gemini Omni."""

    poll_first = 5.0
    poll_longest = 10.0

    # --- the request ---

    def body(self, request: VideoRequest, warnings: list[CallWarning]) -> dict[str, Any]:
        """The body of a request; `warnings` takes what was not honoured."""
        parameters = self._frame(request, warnings)
        own: dict[str, Any] = {"negativePrompt": request.negative_prompt, "seed": request.seed}
        own |= {theirs: self.parameter(request, ours) for ours, theirs in _SHARED.items()}
        own |= {theirs: self.parameter(request, ours) for ours, theirs in _VERTEX.items() if self.vertex}
        if request.seconds is not None:
            own["durationSeconds"] = nearest = min(_SECONDS, key=lambda item: abs(item - (request.seconds or 0)))
            if nearest != request.seconds:
                _warn(warnings, "clamped", "seconds", f"{nearest} was sent: Veo makes 4, 6 or 8 seconds")
        if self.vertex:
            own |= {"fps": request.fps, "generateAudio": request.sound}
        else:
            self._refuse(request, warnings)
        for name in ("steps", "guidance"):
            if getattr(request, name) is not None:
                _warn(warnings, "dropped", name, "Veo has no such setting")
        parameters.update({name: value for name, value in own.items() if value is not None})
        body: dict[str, Any] = {"instances": [self._instance(request)]}
        return {**body, "parameters": parameters} if parameters else body

    def _instance(self, request: VideoRequest) -> dict[str, Any]:
        instance: dict[str, Any] = {"prompt": request.prompt}
        for name, media in (("image", request.image), ("lastFrame", request.last_image)):
            if media is not None:
                instance[name] = encoded(media)
        if request.images:
            instance["referenceImages"] = [
                {"image": encoded(media), "referenceType": "ASSET"} for media in request.images
            ]
        address = self.parameter(request, "video_uri")
        if address:
            instance["video"] = {"gcsUri" if self.vertex else "uri": address}
        elif request.video is not None:
            if not self.vertex:
                raise errors.Unsupported(
                    "the Gemini API goes on from films of its own alone: give the address of one as video_uri",
                    setting="video",
                )
            instance["video"] = encoded(request.video)
        return instance

    def _refuse(self, request: VideoRequest, warnings: list[CallWarning]) -> None:
        if request.fps is not None:
            _warn(warnings, "dropped", "fps", "the Gemini API has no such setting")
        if request.sound is False:
            _warn(warnings, "unsupported", "sound", "Veo's films have sound at the Gemini API")
        for name in _VERTEX:
            if self.parameter(request, name) is not None:
                _warn(warnings, "dropped", name, "only Vertex has this setting")

    def _frame(self, request: VideoRequest, warnings: list[CallWarning]) -> dict[str, Any]:
        width, height = request.width, request.height
        if not width or not height:
            if width or height:
                _warn(warnings, "dropped", "width" if width else "height", "both width and height are needed")
            return {}
        ratio = nearest_ratio(width, height, _RATIOS)
        lines = min(_LINES, key=lambda item: abs(item - min(width, height)))
        if not exact_ratio(width, height, ratio) or min(width, height) != lines:
            detail = f"{width}x{height} became {ratio} {_LINES[lines]}: the service takes a ratio and lines"
            _warn(warnings, "replaced", "width", detail)
        return {"aspectRatio": ratio, "resolution": _LINES[lines]}

    # --- the job ---

    async def submit(self, request: VideoRequest) -> JobHandle:
        """Start a film; the operation's name is the handle."""
        model, warnings = self.model_of(request.model), list[CallWarning]()
        if omni.is_omni(model):
            return await self._submit_omni(request, model, warnings)
        body = {**self.body(request, warnings), **(self.settings.get("extra_body") or {})}
        reply = await self.post(self.method(model, "predictLongRunning"), body)
        name = reply.get("name") if isinstance(reply, dict) else None
        if not isinstance(name, str) or not name:
            raise errors.BadReply("the service named no operation for the film", binding=self.binding_name)
        notes = [[item.kind, item.setting, item.detail] for item in warnings]
        seconds = body.get("parameters", {}).get("durationSeconds")
        return self.handle(request, name, model=model, warnings=notes, seconds=seconds)

    async def _submit_omni(self, request: VideoRequest, model: str, warnings: list[CallWarning]) -> JobHandle:
        def warn(kind: str, setting: str, detail: str) -> None:
            _warn(warnings, kind, setting, detail)

        frame = self._frame(request, warnings)
        given = {theirs: self.parameter(request, ours) for ours, theirs in _SHARED.items()}
        frame |= {theirs: value for theirs, value in given.items() if value}
        for name in ("person_generation", *_VERTEX):
            if self.parameter(request, name) is not None:
                _warn(warnings, "dropped", name, "Gemini Omni has no such setting")
        body = omni.body(request, model, frame, self.parameter(request, "video_uri"), warn)
        reply = await self.post(self._interactions, {**body, **(self.settings.get("extra_body") or {})})
        found = reply.get("id") if isinstance(reply, dict) else None
        if not isinstance(found, str) or not found:
            raise errors.BadReply("the service named no interaction for the film", binding=self.binding_name)
        notes = [[item.kind, item.setting, item.detail] for item in warnings]
        return self.handle(request, found, model=model, warnings=notes, seconds=request.seconds)

    @property
    def _interactions(self) -> str:
        if not self.vertex:
            return f"{self.version}/interactions"
        return f"{self.version}/projects/{self.settings['vertex_project']}/locations/{self.location}/interactions"

    async def cancel_job(self, handle: JobHandle) -> None:
        """Stop a film of Gemini Omni; Veo's cannot be stopped."""
        if not omni.is_omni(str(handle.state.get("model"))):
            raise self.unsupported("cancelling of Veo's films")
        await self.post(f"{self._interactions}/{handle.id}/cancel")

    async def _operation(self, handle: JobHandle) -> dict[str, Any]:
        if omni.is_omni(str(handle.state.get("model"))):
            reply = await self.get(f"{self._interactions}/{handle.id}")
        elif self.vertex:
            path = self.method(str(handle.state["model"]), "fetchPredictOperation")
            reply = await self.post(path, {"operationName": handle.id}, repeatable=True)
        else:
            reply = await self.get(f"{self.version}/{handle.id}")
        if not isinstance(reply, dict):
            raise errors.BadReply("the service's answer describes no operation", binding=self.binding_name)
        return reply

    def reply_error(self, value: Any) -> Any:
        """An operation that failed is no failed request: `check` reads it."""
        return None if isinstance(value, dict) and "done" in value else super().reply_error(value)

    async def check(self, handle: JobHandle) -> JobStatus:
        """How the film stands."""
        operation = await self._operation(handle)
        if omni.is_omni(str(handle.state.get("model"))):
            return omni.status(operation)
        if not operation.get("done"):
            percent = (operation.get("metadata") or {}).get("progressPercent")
            fraction = percent / 100 if isinstance(percent, (int, float)) else None
            return JobStatus(state="running", progress=Progress(fraction=fraction, stage="rendering"))
        if isinstance(failed := operation.get("error"), dict):
            kind = _CODES.get(int(failed.get("code") or 0), errors.JobFailed)
            return _failed(kind, str(failed.get("message") or "no reason was given"))
        films, reasons = _films(operation)
        if not films and reasons:
            return _failed(errors.ContentFiltered, "; ".join(reasons))
        if not films:
            return _failed(errors.JobFailed, "the operation ended without a film")
        return JobStatus(state="done")

    async def collect(self, handle: JobHandle) -> VideoResult:
        """The film of a finished operation. Raises Unsupported where it lies in a bucket."""
        operation = await self._operation(handle)
        made = omni.is_omni(str(handle.state.get("model")))
        films = [dict(film) for film in omni.films(operation)] if made else _films(operation)[0]
        if not films:
            raise errors.JobExpired(f"{handle.id} no longer has a film", job=handle.id)
        seconds = handle.state.get("seconds")
        return VideoResult(
            video=omni.film_inside(films[0]) or await self._film(films[0]),
            seconds=seconds,
            usage=omni.usage(operation, seconds),
            warnings=tuple(CallWarning(kind=a, setting=b, detail=c) for a, b, c in handle.state.get("warnings", ())),
            model=str(handle.state.get("model") or "") or None,
            id=handle.id,
        )

    async def _film(self, film: dict[str, Any]) -> Media:
        if film.get("bytesBase64Encoded"):
            return inline_media({"data": film["bytesBase64Encoded"], "mimeType": film.get("mimeType") or "video/mp4"})
        address = str(film.get("uri") or film.get("gcsUri") or "")
        if not address.startswith("http"):
            raise errors.Unsupported(
                f"the film lies at {address}; unset storage_uri to get it, or fetch it from the bucket", uri=address
            )
        media = await self.download(address)
        return media if media.kind == "video" else Media(bytes(media), "video/mp4")


def _films(operation: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """The films of an operation, whichever way the service writes them, and why others were withheld."""
    response = operation.get("response") or {}
    inner = response.get("generateVideoResponse") or response
    found = [row.get("video") or {} for row in inner.get("generatedSamples") or ()]
    found += [row for row in inner.get("videos") or () if isinstance(row, dict)]
    reasons = [str(reason) for reason in inner.get("raiMediaFilteredReasons") or ()]
    if inner.get("raiMediaFilteredCount") and not reasons:
        reasons = ["the service's rules withheld the film"]
    return [film for film in found if film], reasons


def _failed(kind: type[errors.LollmsError], message: str) -> JobStatus:
    return JobStatus(state="failed", error={"message": message, "code": kind.code})


def encoded(media: Media) -> dict[str, str]:
    """Media as the operation takes it."""
    return {"bytesBase64Encoded": media.base64(), "mimeType": media.mime_type}


def _warn(warnings: list[CallWarning], kind: Any, setting: str, detail: str) -> None:
    warnings.append(CallWarning(kind=kind, setting=setting, detail=detail))
