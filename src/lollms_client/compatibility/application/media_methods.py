"""Images, sounds and films as bytes, as applications of the public client ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lollms_client.compatibility.application.options import report
from lollms_client.errors import BadSetting, Unsupported
from lollms_client.types.accounting import CallWarning
from lollms_client.types.media import Media
from lollms_client.types.transcription import Segment


class MediaMethods:
    """One call for each modality. Failures are raised; what is made comes as Media, which is bytes."""

    def generate_image(
        self,
        prompt: str,
        negative_prompt: str | None = None,
        width: int | None = None,
        height: int | None = None,
        **options: Any,
    ) -> Media:
        """An image's bytes. Sizes in pixels; `image` of the client gives several and their facts."""
        client: Any = self
        given = {"negative_prompt": negative_prompt or None, "width": width, "height": height, **options}
        result = client.image(prompt, **given)
        notes = list(result.warnings)
        if len(result.images) > 1:
            detail = f"one of {len(result.images)} images is returned; client.image gives them all"
            notes.append(CallWarning(kind="other", setting="count", detail=detail))
        report(client, notes)
        return result.images[0]  # type: ignore[no-any-return]

    def generate_omni(
        self,
        prompt: str,
        negative_prompt: str | None = None,
        width: int | None = None,
        height: int | None = None,
        images: Sequence[Any] | None = None,
        mask: Any = None,
        **options: Any,
    ) -> Any:
        """Images and words together (a dictionary with `images`, `text`, `raw`, `metadata`); with `images` an edit."""
        from lollms_client.compatibility.bindings.image_result import TTIGenerationResult

        client: Any = self
        options.pop("modalities", None)
        given = {"negative_prompt": negative_prompt or None, "width": width, "height": height, **options}
        edit = (list(images), prompt, mask) if images else ()
        result = client.edit_image(*edit, **given) if edit else client.image(prompt, **given)
        report(client, result.warnings)
        facts = {"model": result.model, "seed": result.seed, "id": result.id}
        metadata = {name: value for name, value in facts.items() if value is not None}
        return TTIGenerationResult(list(result.images), result.text or None, result.extra, metadata)

    def generate_audio(self, text: str, voice: str | None = None, **options: Any) -> Media:
        """A spoken text's bytes."""
        client: Any = self
        result = client.speech(text, voice=voice, **options)
        report(client, result.warnings)
        return result.audio  # type: ignore[no-any-return]

    def generate_speech(self, text: str, voice: str | None = None, **options: Any) -> Media:
        """The same as `generate_audio`."""
        return MediaMethods.generate_audio(self, text, voice, **options)

    def transcribe_audio(self, audio: Any = None, model: str | None = None, **options: Any) -> str:
        """What is spoken in a sound: a path or its bytes, also as `audio_path` or `audio_source`."""
        client: Any = self
        audio = _sound(audio, options)
        result = client.transcribe(audio, model=model, **options)
        report(client, result.warnings)
        text: str = result.text
        return text

    def transcribe_audio_with_diarization(
        self,
        audio: Any = None,
        participants: Sequence[str] | None = None,
        voice_samples: Any = None,
        model: str | None = None,
        **options: Any,
    ) -> list[dict[str, Any]]:
        """Who says what: turns with `speaker`, `text`, `start` and `end` (seconds).

        `participants` name the voices in the order in which they are first heard; further ones are numbered.
        """
        client: Any = self
        audio = _sound(audio, options)
        result = client.transcribe(audio, model=model, speakers=True, **options)
        notes = list(result.warnings)
        if voice_samples:
            detail = "voices are not compared with samples; participants names them in order"
            notes.append(CallWarning(kind="dropped", setting="voice_samples", detail=detail))
        report(client, notes)
        return _turns(result.segments, list(participants or ()))

    def generate_video(self, prompt: str, **options: Any) -> Media:
        """A film's bytes."""
        client: Any = self
        result = client.video(prompt, **options)
        report(client, result.warnings)
        return result.video  # type: ignore[no-any-return]

    def generate_music(self, prompt: str, **options: Any) -> Media:
        """A piece of music's bytes."""
        client: Any = self
        result = client.music(prompt, **options)
        report(client, result.warnings)
        return result.audio  # type: ignore[no-any-return]

    def generate_song(self, prompt: str, **options: Any) -> Media:
        """A sung piece of music's bytes; `lyrics` are what is sung."""
        return MediaMethods.generate_music(self, prompt, **options)

    def generate_song_from_lyrics(self, prompt: str, lyrics: str, **options: Any) -> Media:
        """Music for a text."""
        return MediaMethods.generate_music(self, prompt, lyrics=lyrics, **options)

    def edit_music(self, *arguments: Any, **options: Any) -> Media:
        """Change a piece of music, where the binding has an `edit_music` of its own."""
        return _own_method(self, "ttm", "edit_music", arguments, options)

    def edit_speech(self, *arguments: Any, **options: Any) -> Media:
        """Change a spoken sound, where the binding has an `edit_speech` of its own."""
        return _own_method(self, "tts", "edit_speech", arguments, options)

    def edit_video(self, *arguments: Any, **options: Any) -> Media:
        """Change a film, where the binding has an `edit_video` of its own."""
        return _own_method(self, "ttv", "edit_video", arguments, options)


def _sound(audio: Any, options: dict[str, Any]) -> Any:
    """The sound, under whichever of its names it was given; the options keep none of them."""
    named = [options.pop(name, None) for name in ("audio_path", "audio_source")]
    given = [value for value in (audio, *named) if value is not None]
    if len(given) != 1:
        raise BadSetting("which sound? give its path or its bytes, once", setting="audio")
    return given[0]


def _own_method(client: Any, kind: str, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Media:
    from lollms_client.plain import call_plain, media_of

    binding = client.binding(kind)
    method = getattr(binding, name, None)
    if not callable(method):
        raise Unsupported(f"the binding {binding.binding_name} does not offer {name}", binding=binding.binding_name)
    return media_of(call_plain(method, *arguments, **options), name)[0]


def _turns(segments: Sequence[Segment], names: list[str]) -> list[dict[str, Any]]:
    called: dict[str, str] = {}
    turns: list[dict[str, Any]] = []
    for segment in segments:
        voice = segment.speaker or ""
        if voice not in called:
            place = len(called)
            called[voice] = names[place] if place < len(names) else f"Speaker {place + 1 - len(names)}"
        turn = {"speaker": called[voice], "text": segment.text, "start": segment.start, "end": segment.end}
        if turns and turns[-1]["speaker"] == turn["speaker"]:
            turns[-1] |= {"text": f"{turns[-1]['text'].rstrip()} {segment.text.lstrip()}", "end": segment.end}
        else:
            turns.append(turn)
    return turns
