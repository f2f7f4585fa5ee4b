"""The documented base class of speech-to-text bindings."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from lollms_client.binding import LollmsBinding, overrides
from lollms_client.calls import build
from lollms_client.types.media import Media
from lollms_client.types.transcription import TranscriptionRequest, TranscriptionResult


class LollmsSTTBinding(LollmsBinding):
    """Speech into text. Override `transcribe_audio`, or write `transcription_flow` on one of the families."""

    binding_type: ClassVar[str] = "stt"

    def transcribe_audio(self, audio_path: Any, model: str | None = None, **kwargs: Any) -> str | dict[str, Any]:
        """Write down what is spoken in a file (a path; bytes too). Returns the text, or an error dictionary."""

        async def flow() -> TranscriptionResult:
            return await self.transcription_flow(self.transcription_request(audio_path, {"model": model, **kwargs}))

        return self._documented(flow(), lambda result: result.text)  # type: ignore[no-any-return]

    def transcription_request(self, audio: Any, given: Mapping[str, Any]) -> TranscriptionRequest:
        """The typed request for `transcribe_audio`."""
        return build(TranscriptionRequest, self, "transcribe_audio", {"audio": Media.of(audio), **given})

    async def transcription_flow(self, request: TranscriptionRequest) -> TranscriptionResult:
        """Transcribe, typed. Bindings written in flows override this."""
        from lollms_client.plain import dropped, fitting, text_of

        if not overrides(self, "transcribe_audio", LollmsSTTBinding):
            raise self.unsupported("transcription")
        names = ("language", "prompt", "model", "temperature")
        keywords = {**{name: getattr(request, name) for name in names}, **request.extra}
        _, unknown = fitting(self.transcribe_audio, keywords)
        asked = [name for name in ("words", "speakers", "translate") if getattr(request, name)]

        with audio_file(request.audio) as path:
            text = text_of(await self.call_plain(self.transcribe_audio, str(path), **keywords))
        return TranscriptionResult(text=text, language=request.language, warnings=dropped(unknown + asked))


@contextlib.contextmanager
def audio_file(audio: Media) -> Generator[Path]:
    """A file that holds the audio while the block runs, for methods that take a path."""
    with tempfile.TemporaryDirectory(prefix="lollms-audio-") as folder:
        yield audio.save(Path(folder) / f"audio{audio.extension}")


def __getattr__(name: str) -> Any:
    """What an extension adds to this module."""
    from lollms_client.extensions import module_attribute

    return module_attribute(__name__, name)
