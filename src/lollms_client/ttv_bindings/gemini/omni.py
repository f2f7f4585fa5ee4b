"""Gemini Omni's films: a background interaction, from our request to its body and from its reply to the film.

Wire: https://ai.google.dev/api/interactions-api, https://ai.google.dev/gemini-api/docs/omni, as of November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lollms_client import errors
from lollms_client.families.gemini.reply import inline_media
from lollms_client.types.accounting import Progress, Usage
from lollms_client.types.job import JobState, JobStatus
from lollms_client.types.media import Media
from lollms_client.types.video import VideoRequest

Warn = Callable[[str, str, str], None]
_NO_COUNTERPART = ("last_image", "seed", "fps", "steps", "guidance")
_STATES: dict[str, JobState] = {
    "queued": "queued", "completed": "done", "cancelled": "cancelled", "failed": "failed", "incomplete": "failed",
    "budget_exceeded": "failed", "requires_action": "failed", "requires_continuation": "failed",
}  # fmt: skip


def is_omni(model: str) -> bool:
    """Whether the model makes films through the Interactions API."""
    return model.startswith("gemini-omni")


def body(
    request: VideoRequest, model: str, frame: Mapping[str, Any], video_uri: str | None, warn: Warn
) -> dict[str, Any]:
    """The body of the interaction; `frame` holds ratio and lines as Veo names them."""
    for name in _NO_COUNTERPART:
        if getattr(request, name) is not None:
            warn("dropped", name, "Gemini Omni has no such setting; say it in the prompt")
    if request.sound is False:
        warn("unsupported", "sound", "Gemini Omni's films have sound")
    prompt = request.prompt
    if request.negative_prompt:
        prompt += f"\n\nLeave out: {request.negative_prompt}"
        warn("replaced", "negative_prompt", "Gemini Omni has no such setting; it was asked for in the prompt")
    content: list[dict[str, Any]] = [{"type": "text", "text": prompt}]
    pictures = [media for media in (request.image, *request.images) if media is not None]
    content += [{"type": "image", "data": media.base64(), "mime_type": media.mime_type} for media in pictures]
    if video_uri:
        content.append({"type": "video", "uri": video_uri})
    elif request.video is not None:
        content.append({"type": "video", "data": request.video.base64(), "mime_type": request.video.mime_type})
    wanted: dict[str, Any] = {"type": "video"}
    if request.seconds is not None:
        wanted["duration"] = f"{request.seconds:g}s"
    for theirs, ours in (("aspect_ratio", "aspectRatio"), ("resolution", "resolution")):
        if frame.get(ours) is not None:
            wanted[theirs] = frame[ours]
    sent: dict[str, Any] = {"model": model, "input": [{"type": "user_input", "content": content}], "background": True}
    return {**sent, "response_modalities": ["video"], **({"response_format": [wanted]} if len(wanted) > 1 else {})}


def status(reply: Mapping[str, Any]) -> JobStatus:
    """How the interaction stands."""
    state = _STATES.get(str(reply.get("status")), "running")
    if state in ("running", "queued"):
        return JobStatus(state=state, progress=Progress(stage="rendering"))
    if state == "done" and not films(reply):
        return JobStatus(
            state="failed", error={"message": "the interaction ended without a film", "code": "job_failed"}
        )
    if state == "failed":
        said = [str(item.get("message")) for item in reply.get("errors") or () if isinstance(item, Mapping)]
        message = "; ".join(said) or f"the interaction is {reply.get('status')}; the service did not say why"
        return JobStatus(state=state, error={"message": message, "code": errors.JobFailed.code})
    return JobStatus(state=state)


def films(reply: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The films of the interaction: inside it (`data`) or at an address (`uri`)."""
    steps = [step for step in reply.get("steps") or () if isinstance(step, Mapping)]
    made = [step for step in steps if step.get("type", "model_output") == "model_output"]
    found = [item for step in made for item in step.get("content") or () if isinstance(item, Mapping)]
    return [item for item in found if item.get("type") == "video" and (item.get("data") or item.get("uri"))]


def film_inside(film: Mapping[str, Any]) -> Media | None:
    """The film where it is inside the reply, None where it is at an address."""
    if not film.get("data"):
        return None
    return inline_media({"data": film["data"], "mimeType": film.get("mime_type") or "video/mp4"})


def usage(reply: Mapping[str, Any], seconds: float | None) -> Usage:
    """What the interaction used."""
    counts = reply.get("usage") or {}
    return Usage(
        input_tokens=counts.get("total_input_tokens"), output_tokens=counts.get("total_output_tokens"), seconds=seconds
    )
