"""What video bindings inherit in the public package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lollms_client.compatibility.bindings.inherited import Inherited
from lollms_client.lollms_ttv_binding import LollmsTTVBinding

MediaInput = str | Path | bytes  # a file's path, or what is in it


class EraVideoBinding(Inherited, LollmsTTVBinding):
    """The base of text-to-video bindings that somebody else wrote."""

    supports_lipsync: Any = False

    def _prepare(self, construction: Any, keywords: Mapping[str, Any]) -> None:
        super()._prepare(construction, keywords)
        self._take_attributes(self.config)

    def generate_lipsync_video(self, image: MediaInput, audio: MediaInput, prompt: str = "", **kwargs: Any) -> Any:
        """A film of somebody on an image who speaks a sound. Raises NotImplementedError where that is not offered."""
        raise self.unsupported("films with moving lips")

    def get_capabilities(self) -> dict[str, Any]:
        """What the binding can do."""
        return {"lipsync": bool(self.supports_lipsync)}
