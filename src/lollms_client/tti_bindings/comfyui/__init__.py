"""ComfyUI: images by a workflow, our own or the user's."""

from __future__ import annotations

import random
from typing import Any

from lollms_client.families.comfyui import ComfyBinding
from lollms_client.families.comfyui.workflow import Workflow
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.types.accounting import Usage
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.job import JobHandle

BindingName = "ComfyImages"

_FIELDS = ("negative_prompt", "count", "steps", "guidance")
_UNKNOWN = ("style", "quality", "output_format")


class ComfyImages(ComfyBinding, LollmsTTIBinding):
    """Workflows that save images."""

    def workflow_of(self, request: ImageRequest) -> str:
        """Inpainting with a mask, image to image with an image, else text to image."""
        return "inpaint" if request.mask is not None else "image_to_image" if request.images else "text_to_image"

    async def fill(self, request: ImageRequest, workflow: Workflow) -> dict[str, Any]:
        """The request in the workflow's inputs."""
        workflow.put("prompt", request.prompt or None)
        for name in _FIELDS:
            workflow.put(name, getattr(request, name))
        if request.images:
            workflow.put("strength", request.strength)
        elif request.strength is not None:
            workflow.warn("dropped", "strength", "there is no image to keep")
        for name in ("width", "height"):
            pixels = getattr(request, name)
            fitting = None if pixels is None else max(8, round(pixels / 8) * 8)
            if workflow.put(name, fitting) and fitting != pixels:
                workflow.warn("clamped", name, f"{fitting} is sent, a multiple of 8")
        for name in _UNKNOWN:
            workflow.put(name, getattr(request, name))
        seed = request.seed if request.seed is not None else random.randrange(2**48)
        workflow.put("seed", seed)
        places = workflow.places.get("image", [])
        for place, image in zip(places, request.images, strict=False):
            workflow.set(place, await self.uploaded(image))
        if len(request.images) > len(places):
            workflow.warn("dropped", "images", f"the workflow takes {len(places)}")
        if request.mask is not None:
            workflow.put("mask", await self.uploaded(request.mask))
        return {"seed": seed}

    async def collect(self, handle: JobHandle) -> ImageResult:
        """The images of a workflow that is done."""
        images = await self.results(handle)
        return ImageResult(images=tuple(images), usage=Usage(images=len(images)), **self.facts(handle))
