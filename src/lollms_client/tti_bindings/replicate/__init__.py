"""Replicate: images by any model there."""

from __future__ import annotations

from lollms_client.families.replicate import ReplicateBinding
from lollms_client.families.replicate.inputs import Inputs
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.types.accounting import Usage
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.job import JobHandle

BindingName = "ReplicateImages"

_FIELDS = ("negative_prompt", "count", "seed", "steps", "guidance", "style", "quality", "output_format")


class ReplicateImages(ReplicateBinding, LollmsTTIBinding):
    """Predictions that give images."""

    collection = "text-to-image"

    def fill(self, request: ImageRequest, inputs: Inputs) -> None:
        """The request in the model's terms."""
        inputs.put("prompt", request.prompt or None)
        inputs.put_size(request.width, request.height)
        for name in _FIELDS:
            inputs.put(name, getattr(request, name))
        inputs.put("images", request.images)
        inputs.put("mask", request.mask)
        inputs.put("strength", request.strength)

    async def collect(self, handle: JobHandle) -> ImageResult:
        """The images of a prediction that is done."""
        images, row = await self.media_of(handle)
        return ImageResult(
            images=tuple(images),
            seed=self.seed_of(handle, row),
            usage=Usage(images=len(images)),
            **self.facts(handle, row),
        )
