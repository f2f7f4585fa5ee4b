"""Replicate: music by any model there."""

from __future__ import annotations

import msgspec

from lollms_client.families.music_prompt import described
from lollms_client.families.replicate import ReplicateBinding
from lollms_client.families.replicate.inputs import Inputs
from lollms_client.lollms_ttm_binding import LollmsTTMBinding
from lollms_client.types.job import JobHandle
from lollms_client.types.music import MusicRequest, MusicResult

BindingName = "ReplicateMusic"

_SAID = ("genre", "mood", "tempo", "key")  # said in the prompt where the model has no input for them
_FIELDS = ("negative_prompt", "lyrics", "seconds", "instrumental", "seed", "audio", "output_format")


class ReplicateMusic(ReplicateBinding, LollmsTTMBinding):
    """Predictions that give music."""

    collection = "ai-music-generation"

    def fill(self, request: MusicRequest, inputs: Inputs) -> None:
        """The request in the model's terms."""
        own = [name for name in _SAID if inputs.known is not None and inputs.offers(name)]
        inputs.put("prompt", described(msgspec.structs.replace(request, **dict.fromkeys(own))))
        for name in (*own, *_FIELDS):
            inputs.put(name, getattr(request, name))

    async def collect(self, handle: JobHandle) -> MusicResult:
        """The music of a prediction that is done."""
        sounds, row = await self.media_of(handle)
        sound = next((media for media in sounds if media.kind == "audio"), sounds[0])
        return MusicResult(audio=sound, seed=self.seed_of(handle, row), **self.facts(handle, row))
