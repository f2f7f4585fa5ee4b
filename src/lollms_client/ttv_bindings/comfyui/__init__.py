"""ComfyUI: films by a workflow, our own or the user's."""

from __future__ import annotations

import random
from typing import Any

from lollms_client.families.comfyui import ComfyBinding
from lollms_client.families.comfyui.workflow import Workflow
from lollms_client.lollms_ttv_binding import LollmsTTVBinding
from lollms_client.types.job import JobHandle
from lollms_client.types.video import VideoRequest, VideoResult

BindingName = "ComfyFilms"

_FIELDS = ("negative_prompt", "steps", "guidance", "fps")


class ComfyFilms(ComfyBinding, LollmsTTVBinding):
    """Workflows that save films."""

    def workflow_of(self, request: VideoRequest) -> str:
        """Image to film with a first image, else text to film."""
        return "image_to_video" if request.image is not None else "text_to_video"

    async def fill(self, request: VideoRequest, workflow: Workflow) -> dict[str, Any]:
        """The request in the workflow's inputs."""
        workflow.put("prompt", request.prompt or None)
        for name in _FIELDS:
            workflow.put(name, getattr(request, name))
        for name in ("width", "height"):
            pixels = getattr(request, name)
            fitting = None if pixels is None else max(16, round(pixels / 16) * 16)
            if workflow.put(name, fitting) and fitting != pixels:
                workflow.warn("clamped", name, f"{fitting} is sent, a multiple of 16")
        rate = float(workflow.value("fps") or 16)
        if request.seconds is not None:
            frames = round(request.seconds * rate / 4) * 4 + 1  # such models make 4n + 1 images
            workflow.put("frames", max(1, frames), "seconds")
        seed = request.seed if request.seed is not None else random.randrange(2**48)
        workflow.put("seed", seed)
        places = workflow.places.get("image", [])
        given = [image for image in (request.image, request.last_image, *request.images) if image is not None]
        for place, image in zip(places, given, strict=False):
            workflow.set(place, await self.uploaded(image))
        if len(given) > len(places):
            workflow.warn("dropped", "images", f"the workflow takes {len(places)}")
        if request.video is not None:
            workflow.put("video", await self.uploaded(request.video))
        if request.sound:
            workflow.warn("unsupported", "sound", "what a workflow sounds like cannot be set")
        length = workflow.value("frames")
        return {"seed": seed, "fps": rate, "seconds": length / rate if isinstance(length, int) else None}

    async def collect(self, handle: JobHandle) -> VideoResult:
        """The film of a workflow that is done."""
        files = await self.results(handle)
        film = next((media for media in files if media.kind == "video"), files[0])
        state = handle.state
        return VideoResult(video=film, fps=state.get("fps"), seconds=state.get("seconds"), **self.facts(handle))
