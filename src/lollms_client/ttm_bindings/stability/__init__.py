"""Stable Audio: music and sounds from a text, from a sound to change, or into a gap of one."""

from __future__ import annotations

from typing import Any

from lollms_client.errors import BadSetting
from lollms_client.families.multipart import FormFile
from lollms_client.families.music_prompt import described
from lollms_client.families.stability import StabilityBinding, seed_of
from lollms_client.lollms_ttm_binding import LollmsTTMBinding
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.music import MusicRequest, MusicResult

BindingName = "StableAudio"

_SHORTEST, _LONGEST = 1.0, 190.0  # seconds


class StableAudio(StabilityBinding, LollmsTTMBinding):
    """POST /v2beta/audio/stable-audio-2/text-to-audio, …/audio-to-audio and …/inpaint."""

    kind = "audio"
    results_path = "v2beta/audio/results"

    async def music_flow(self, request: MusicRequest) -> MusicResult:
        """Make a piece or change one."""
        warnings = self._warnings(request)
        seconds = request.seconds
        if seconds is not None and not _SHORTEST <= seconds <= _LONGEST:
            seconds = min(_LONGEST, max(_SHORTEST, seconds))
            warnings.append(CallWarning(kind="clamped", setting="seconds", detail=f"{seconds:g} s is sent"))
        model = str(request.model or self.settings.get("model_name"))
        fields: dict[str, Any] = {
            "prompt": described(request),
            "model": model,
            "duration": None if seconds is None else f"{seconds:g}",
            "seed": request.seed,
            "output_format": self._format(request, warnings),
            **{name: self.parameter(request, name) for name in ("steps", "cfg_scale")},
        }
        files: list[FormFile] = []
        operation = "text-to-audio"
        if request.audio is not None:
            files.append(FormFile("audio", request.audio))
            gap = {name: self.parameter(request, name) for name in ("mask_start", "mask_end")}
            operation = "inpaint" if any(value is not None for value in gap.values()) else "audio-to-audio"
            fields.update(gap if operation == "inpaint" else {"strength": self.parameter(request, "strength")})
        reply = await self.make(request, self.form(f"v2beta/audio/stable-audio-2/{operation}", fields, files))
        return MusicResult(
            audio=self.medium(reply),
            seconds=seconds,
            seed=seed_of(reply.headers, request.seed),
            usage=Usage(seconds=seconds),
            warnings=tuple(warnings),
            model=model,
            extra={"operation": operation},
        )

    def _format(self, request: MusicRequest, warnings: list[CallWarning]) -> str | None:
        wanted = request.output_format or self.settings.get("output_format")
        if wanted in (None, "mp3", "wav"):
            return wanted
        warnings.append(CallWarning(kind="replaced", setting="output_format", detail="mp3 is made instead"))
        return "mp3"

    def _warnings(self, request: MusicRequest) -> list[CallWarning]:
        if request.audio is None:
            for name in ("mask_start", "mask_end", "strength"):
                if self.parameter(request, name) is not None:
                    raise BadSetting(f"{name} needs a sound to change (audio)", setting=name)
        found = [
            CallWarning(kind="dropped", setting=name, detail="the service does not take it")
            for name in ("negative_prompt", "lyrics")
            if getattr(request, name)
        ]
        if request.instrumental is False:
            found.append(CallWarning(kind="unsupported", setting="instrumental", detail="Stable Audio does not sing"))
        return found

    async def models_flow(self) -> list[ModelInfo]:
        """The models, which the service does not list itself."""
        return [ModelInfo(name=name, owner="stability") for name in ("stable-audio-2.5", "stable-audio-2")]
