"""ElevenLabs Music: songs and instrumental pieces from a prompt or a plan."""

from __future__ import annotations

from lollms_client.families.elevenlabs import ElevenLabsBinding, dropped, output_format
from lollms_client.families.elevenlabs.sound import media_of
from lollms_client.families.music_prompt import described
from lollms_client.lollms_ttm_binding import LollmsTTMBinding
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.music import MusicRequest, MusicResult

BindingName = "ElevenLabsMusic"

_SHORTEST, _LONGEST = 3.0, 600.0  # seconds
_OPTIONS = ("finetune_id", "respect_sections_durations", "store_for_inpainting", "sign_with_c2pa")


class ElevenLabsMusic(ElevenLabsBinding, LollmsTTMBinding):
    """POST /v1/music."""

    async def music_flow(self, request: MusicRequest) -> MusicResult:
        """Make a piece. Genre, mood, tempo, key and instruments are said in the prompt, as the service reads them."""
        wanted = request.output_format or self.settings.get("output_format")
        form, warnings = output_format(wanted, None)
        seconds = request.seconds
        if seconds is not None and not _SHORTEST <= seconds <= _LONGEST:
            seconds = min(_LONGEST, max(_SHORTEST, seconds))
            warnings.append(CallWarning(kind="clamped", setting="seconds", detail=f"{seconds:g} s is sent"))
        plan = self.parameter(request, "composition_plan")
        if plan is not None and seconds is not None:
            warnings.append(
                CallWarning(kind="dropped", setting="seconds", detail="the plan says how long each part is")
            )
        body = self.body(
            {
                "prompt": None if plan is not None else _prompt(request),
                "composition_plan": plan,
                "music_length_ms": round(seconds * 1000) if seconds is not None and plan is None else None,
                "model_id": request.model or self.settings.get("model_name"),
                "seed": request.seed,
                "force_instrumental": request.instrumental if plan is None else None,
                **{name: self.parameter(request, name) for name in _OPTIONS},
            }
        )
        reply = await self.sound(self.request("POST", "v1/music", json=body, query={"output_format": form}))
        warnings += dropped(request, ("negative_prompt", "audio"))
        return MusicResult(
            audio=media_of(reply.body, form, wanted == "wav"),
            seconds=seconds if plan is None else None,
            seed=request.seed,
            usage=Usage(seconds=seconds),
            warnings=tuple(warnings),
            model=body.get("model_id"),
            id=reply.headers.get("song-id"),
        )

    async def models_flow(self) -> list[ModelInfo]:
        """The music models, which the service's own list does not name."""
        return [ModelInfo(name=name, owner="elevenlabs") for name in ("music_v2", "music_v1")]


def _prompt(request: MusicRequest) -> str:
    """The prompt with all that the service has no parameter for, lyrics included."""
    return described(request) + (f"\nLyrics:\n{request.lyrics}" if request.lyrics else "")
