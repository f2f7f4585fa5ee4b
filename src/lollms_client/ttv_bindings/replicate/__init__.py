"""Replicate: films by any model there."""

from __future__ import annotations

from lollms_client.families.replicate import ReplicateBinding
from lollms_client.families.replicate.inputs import Inputs
from lollms_client.lollms_ttv_binding import LollmsTTVBinding
from lollms_client.types.job import JobHandle
from lollms_client.types.video import VideoRequest, VideoResult

BindingName = "ReplicateFilms"

_FIELDS = ("negative_prompt", "fps", "seed", "steps", "guidance", "sound", "image", "last_image", "video", "images")


class ReplicateFilms(ReplicateBinding, LollmsTTVBinding):
    """Predictions that give films."""

    collection = "text-to-video"
    poll_first = 3.0

    def fill(self, request: VideoRequest, inputs: Inputs) -> None:
        """The request in the model's terms."""
        inputs.put("prompt", request.prompt or None)
        inputs.put_size(request.width, request.height)
        inputs.put_frames(request.seconds, request.fps)
        for name in _FIELDS:
            inputs.put(name, getattr(request, name))

    async def collect(self, handle: JobHandle) -> VideoResult:
        """The film of a prediction that is done."""
        films, row = await self.media_of(handle)
        film = next((media for media in films if media.kind == "video"), films[0])
        return VideoResult(video=film, seed=self.seed_of(handle, row), **self.facts(handle, row))
