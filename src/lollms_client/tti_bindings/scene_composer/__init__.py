"""The vector scene composer as a text-to-image binding: scenes, posters, patterns, charts, and edits of images."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from lollms_client.cancel import CancelToken
from lollms_client.families.engine import EngineBinding
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.types import ImageRequest, ImageResult, ModelInfo, Progress

if TYPE_CHECKING:
    from lollms_client.engines.scene.painter import ScenePainter

BindingName = "SceneComposerBinding"


class SceneComposerBinding(EngineBinding["ScenePainter"], LollmsTTIBinding):
    """Draws prompts with our own vector art, without a neural network or weights."""

    concurrency = 2

    def load(self) -> ScenePainter:
        """Read the art and the lexicon (about a second)."""
        from lollms_client.engines.scene.meaning import nothing_near
        from lollms_client.engines.scene.painter import ScenePainter

        return ScenePainter(nearest=None if self.settings.get("nearest_meaning", True) else nothing_near)

    def run_image(self, request: ImageRequest, token: CancelToken) -> Generator[Progress, None, ImageResult]:
        """Generate images, or edit those of the request."""
        painter = self.engine
        return (yield from painter.paint(request, self.parameter(request, "mode") or "auto"))

    def run_models(self) -> list[ModelInfo]:
        """The composer and its modes."""
        from lollms_client.engines.scene.painter import models

        return models()
