"""The documented base class of text-to-video bindings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from lollms_client.binding import LollmsBinding, overrides
from lollms_client.calls import build
from lollms_client.errors import BadSetting
from lollms_client.types.video import VideoRequest, VideoResult


class LollmsTTVBinding(LollmsBinding):
    """Text into video. Override `generate_video`, or write `video_flow` on one of the families."""

    binding_type: ClassVar[str] = "ttv"

    def generate_video(self, prompt: str, **kwargs: Any) -> bytes | dict[str, Any]:
        """Make video from a description. Returns its bytes, or an error dictionary."""

        async def flow() -> VideoResult:
            return await self.video_flow(self.video_request(prompt, kwargs))

        return self._documented(flow(), lambda result: result.video)  # type: ignore[no-any-return]

    def video_request(self, prompt: str, given: Mapping[str, Any]) -> VideoRequest:
        """The typed request for `generate_video`."""
        if not isinstance(prompt, str):
            raise BadSetting("prompt must be a text", setting="prompt")
        return build(VideoRequest, self, "generate_video", {"prompt": prompt, **given})

    async def video_flow(self, request: VideoRequest) -> VideoResult:
        """Make video, typed. Bindings written in flows override this."""
        from lollms_client.plain import dropped, fitting, media_of

        if not overrides(self, "generate_video", LollmsTTVBinding):
            raise self.unsupported("video")
        fields = request.__struct_fields__
        keywords = {name: getattr(request, name) for name in fields if name not in ("prompt", "extra")}
        keywords = {name: value for name, value in keywords.items() if value not in (None, ())} | request.extra
        if "seconds" in keywords:
            keywords.setdefault("duration", keywords["seconds"])
        _, unknown = fitting(self.generate_video, keywords)
        reply = await self.call_plain(self.generate_video, request.prompt, **keywords)
        if "duration" in unknown or "seconds" not in unknown:
            unknown = [name for name in unknown if name != "duration"]
        else:
            unknown = [name for name in unknown if name != "seconds"]
        return VideoResult(video=media_of(reply, "video")[0], warnings=dropped(unknown))


def __getattr__(name: str) -> Any:
    """What an extension adds to this module."""
    from lollms_client.extensions import module_attribute

    return module_attribute(__name__, name)
