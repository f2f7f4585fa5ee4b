"""What speech and music bindings inherit in the public package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lollms_client.compatibility.bindings.inherited import Inherited
from lollms_client.lollms_stt_binding import LollmsSTTBinding
from lollms_client.lollms_ttm_binding import LollmsTTMBinding
from lollms_client.lollms_tts_binding import LollmsTTSBinding


class EraTranscriptionBinding(Inherited, LollmsSTTBinding):
    """The base of speech-to-text bindings that somebody else wrote."""

    def _prepare(self, construction: Any, keywords: Mapping[str, Any]) -> None:
        super()._prepare(construction, keywords)
        self._take_attributes(self.config)

    def transcribe_audio_with_diarization(self, audio_source: Any, model: str | None = None, **kwargs: Any) -> Any:
        """What is spoken, and by whom. Raises NotImplementedError where the binding cannot tell speakers apart."""
        raise self.unsupported("telling speakers apart")


class EraSpeechBinding(Inherited, LollmsTTSBinding):
    """The base of text-to-speech bindings that somebody else wrote."""

    def _prepare(self, construction: Any, keywords: Mapping[str, Any]) -> None:
        super()._prepare(construction, keywords)
        self._take_attributes(self.config)


class EraMusicBinding(Inherited, LollmsTTMBinding):
    """The base of text-to-music bindings that somebody else wrote."""

    def _prepare(self, construction: Any, keywords: Mapping[str, Any]) -> None:
        super()._prepare(construction, keywords)
        self._take_attributes(self.config)

    def generate_song(self, prompt: str = "", **kwargs: Any) -> Any:
        """A song; by default music with the same words."""
        return self.generate_music(prompt, **kwargs)

    def generate_song_from_lyrics(self, prompt: str, lyrics: str, **kwargs: Any) -> Any:
        """A song of given lyrics. Raises NotImplementedError where the binding sings none."""
        raise self.unsupported("songs of given lyrics")
