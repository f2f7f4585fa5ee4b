"""Text to music with the built-in composer and synthesiser: instrumental, seeded, offline, no neural model."""

from __future__ import annotations

from collections.abc import Callable, Generator

import msgspec

from lollms_client.cancel import CancelToken
from lollms_client.families.engine import EngineBinding
from lollms_client.lollms_ttm_binding import LollmsTTMBinding
from lollms_client.types import ModelInfo, MusicRequest, MusicResult, Progress

BindingName = "ComposerBinding"
Composer = Callable[[MusicRequest], Generator[Progress, None, MusicResult]]


class ComposerBinding(EngineBinding[Composer], LollmsTTMBinding):
    """Writes a piece for the prompt and plays it with synthesised instruments."""

    concurrency = 4  # calls share nothing but tables

    def load(self) -> Composer:
        """Read the tables and import what the synthesiser needs."""
        from lollms_client.engines.music import make_music
        from lollms_client.engines.music.synthesis import mix as mix  # fails here where numpy is missing

        return make_music

    def run_music(self, request: MusicRequest, token: CancelToken) -> Generator[Progress, None, MusicResult]:
        """Compose and play; raises BadSetting for a blank prompt and for values that cannot be read."""
        model = request.model or self.settings.get("model_name") or "composer"
        usual = "midi" if model == "composer-midi" else self.settings.get("output_format")
        own = {name: self.parameter(request, name) for name in ("time_signature", "energy")}
        extra = {**request.extra, **{name: value for name, value in own.items() if value is not None}}
        form = request.output_format or usual
        return (yield from self.engine(msgspec.structs.replace(request, model=model, output_format=form, extra=extra)))

    def run_models(self) -> list[ModelInfo]:
        """The composer playing, and the composer writing MIDI."""
        return [
            ModelInfo(name="composer", title="Composer, played by the synthesiser", owner="lollms_client"),
            ModelInfo(name="composer-midi", title="Composer, written as MIDI", owner="lollms_client"),
        ]
