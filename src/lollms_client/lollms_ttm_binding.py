"""The documented base class of text-to-music bindings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from lollms_client.binding import LollmsBinding, overrides
from lollms_client.calls import build
from lollms_client.errors import BadSetting
from lollms_client.types.music import MusicRequest, MusicResult


class LollmsTTMBinding(LollmsBinding):
    """Text into music. Override `generate_music`, or write `music_flow` on one of the families."""

    binding_type: ClassVar[str] = "ttm"

    def generate_music(self, prompt: str, **kwargs: Any) -> bytes | dict[str, Any]:
        """Make music from a description. Returns its bytes, or an error dictionary."""

        async def flow() -> MusicResult:
            return await self.music_flow(self.music_request(prompt, kwargs))

        return self._documented(flow(), lambda result: result.audio)  # type: ignore[no-any-return]

    def music_request(self, prompt: str, given: Mapping[str, Any]) -> MusicRequest:
        """The typed request for `generate_music`."""
        if not isinstance(prompt, str):
            raise BadSetting("prompt must be a text", setting="prompt")
        return build(MusicRequest, self, "generate_music", {"prompt": prompt, **given})

    async def music_flow(self, request: MusicRequest) -> MusicResult:
        """Make music, typed. Bindings written in flows override this."""
        from lollms_client.plain import dropped, fitting, media_of

        if not overrides(self, "generate_music", LollmsTTMBinding):
            raise self.unsupported("music")
        fields = request.__struct_fields__
        keywords = {name: getattr(request, name) for name in fields if name not in ("prompt", "extra")}
        keywords = {name: value for name, value in keywords.items() if value not in (None, ())} | request.extra
        if "seconds" in keywords:
            keywords.setdefault("duration", keywords["seconds"])
        _, unknown = fitting(self.generate_music, keywords)
        reply = await self.call_plain(self.generate_music, request.prompt, **keywords)
        if "duration" in unknown or "seconds" not in unknown:
            unknown = [name for name in unknown if name != "duration"]
        else:
            unknown = [name for name in unknown if name != "seconds"]
        return MusicResult(audio=media_of(reply, "audio")[0], warnings=dropped(unknown))


def __getattr__(name: str) -> Any:
    """What an extension adds to this module."""
    from lollms_client.extensions import module_attribute

    return module_attribute(__name__, name)
