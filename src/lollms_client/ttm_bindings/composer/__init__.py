"""Text to music with the built-in composer and synthesiser: instrumental, seeded, offline, no neural model."""

from __future__ import annotations

from collections.abc import Generator

import msgspec

from lollms_client.cancel import CancelToken
from lollms_client.families.engine import EngineBinding
from lollms_client.lollms_ttm_binding import LollmsTTMBinding
from lollms_client.types import ModelInfo, MusicRequest, MusicResult, Progress

BindingName = "ComposerBinding"


class ComposerBinding(EngineBinding, LollmsTTMBinding):
    """Writes a piece for the prompt and plays it with synthesised instruments."""

    concurrency = 4  # calls share nothing but tables

    def load(self) -> object:
        """Read the tables of genres, moods and instruments; there is nothing else to load."""
        from lollms_client.engines.music import catalogue

        return catalogue.genres(), catalogue.moods(), catalogue.instruments()

    def run_music(self, request: MusicRequest, token: CancelToken) -> Generator[Progress, None, MusicResult]:
        """Compose and play; raises BadSetting for a blank prompt and for values that cannot be read."""
        from lollms_client.engines.music import make_music

        model = request.model or self.settings.get("model_name") or "composer"
        form = request.output_format or (None if model == "composer-midi" else self.settings.get("output_format"))
        extra = {name: self.parameter(request, name) for name in ("time_signature", "energy")}
        given = {name: value for name, value in extra.items() if value is not None}
        asked = msgspec.structs.replace(request, model=model, output_format=form, extra={**request.extra, **given})
        return (yield from make_music(asked))

    def run_models(self) -> list[ModelInfo]:
        """The composer playing, and the composer writing MIDI."""
        return [
            ModelInfo(name="composer", title="Composer, played by the synthesiser", owner="lollms_client"),
            ModelInfo(name="composer-midi", title="Composer, written as MIDI", owner="lollms_client"),
        ]
