"""The mock film maker: films of the size and length asked for, the same for the same request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from lollms_client.families.mock.binding import MockMediaBinding
from lollms_client.families.mock.film import film
from lollms_client.families.mock.plan import Turn
from lollms_client.lollms_ttv_binding import LollmsTTVBinding
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.media import Media
from lollms_client.types.video import VideoRequest, VideoResult


class MockVideo(MockMediaBinding, LollmsTTVBinding):
    """Makes silent films for tests."""

    request_type: ClassVar[Any] = VideoRequest

    def video_request(self, prompt: str, given: Mapping[str, Any]) -> VideoRequest:
        """The typed request; arguments that only another binding knows are kept in `extra`."""
        ours, others = self.lenient(VideoRequest, given, "generate_video")
        request = super().video_request(prompt, ours)
        return msgspec.structs.replace(request, extra={**request.extra, **others})

    async def video_flow(self, request: VideoRequest) -> VideoResult:
        """Make a film."""
        result: VideoResult = await self.produce(request)
        return result

    def make(self, request: VideoRequest, plan: Turn) -> VideoResult:
        """The film of a request: H.264 in MP4."""
        settings, warnings = self.settings, self.warnings_for(request, plan)
        width, height = request.width or settings.get("width") or 320, request.height or settings.get("height") or 240
        even = (_even(int(width)), _even(int(height)))
        for name, wanted, made in zip(("width", "height"), (width, height), even, strict=True):
            if wanted != made:
                detail = f"{made} pixels instead of {wanted}: a film's sides are even numbers"
                warnings.append(CallWarning(kind="clamped", setting=name, detail=detail))
        if request.sound:
            detail = "mock films are silent"
            warnings.append(CallWarning(kind="unsupported", setting="sound", detail=detail))
        seconds = 2.0 if request.seconds is None else request.seconds
        given, seed = self.given_file(plan), self.seed_of(request)
        made_film = film(*even, seconds, request.fps or float(settings.get("fps") or 24), seed)
        return VideoResult(
            video=given or Media(made_film.data, "video/mp4"),
            seconds=None if given else made_film.seconds,
            width=None if given else even[0],
            height=None if given else even[1],
            fps=None if given else made_film.fps,
            seed=seed if request.seed is None else request.seed,
            usage=Usage(seconds=made_film.seconds),
            warnings=tuple(warnings),
            model=self.model_of(request),
            id=f"mock-{plan.number}",
        )


def _even(pixels: int) -> int:
    return max(2, pixels - pixels % 2)
