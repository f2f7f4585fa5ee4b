"""Films of composed scenes as a text-to-video binding: vector art in motion, with music and narration."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from lollms_client.cancel import CancelToken
from lollms_client.families.engine import EngineBinding
from lollms_client.lollms_ttv_binding import LollmsTTVBinding
from lollms_client.types import ModelInfo, Progress, VideoRequest, VideoResult

if TYPE_CHECKING:
    from lollms_client.engines.film.maker import FilmMaker

BindingName = "SceneFilmBinding"

_OWN = ("narration", "voice", "soundtrack", "camera")


class SceneFilmBinding(EngineBinding["FilmMaker"], LollmsTTVBinding):
    """Sets the scene of a prompt in motion and writes it as H.264 and AAC in an MP4 file."""

    concurrency = 2

    def load(self) -> FilmMaker:
        """Read the art and the lexicon."""
        from lollms_client.engines.film.maker import FilmMaker
        from lollms_client.engines.scene.meaning import nothing_near

        return FilmMaker(nearest=None if self.settings.get("nearest_meaning", True) else nothing_near)

    def run_video(self, request: VideoRequest, token: CancelToken) -> Generator[Progress, None, VideoResult]:
        """Make a film."""
        own = {name: self.parameter(request, name) for name in _OWN}
        return (yield from self.engine.make(request, own))

    def run_models(self) -> list[ModelInfo]:
        """There is one."""
        return [ModelInfo(name="scene-film", title="Scene film", owner="lollms_client", capabilities=("generate",))]
