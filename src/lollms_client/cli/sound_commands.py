"""`lollms speak`, `transcribe`, `music` and `video`: what is heard, and films."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lollms_client.cli.call_command import CallCommand, add_output_file, present_media, print_json, told
from lollms_client.cli.outputs import text_of
from lollms_client.cli.parsing import Parser, UsageError
from lollms_client.cli.terminal import tell_warnings
from lollms_client.types.media import Media
from lollms_client.types.music import MusicRequest, MusicResult
from lollms_client.types.speech import SpeechRequest, SpeechResult
from lollms_client.types.transcription import TranscriptionRequest, TranscriptionResult
from lollms_client.types.video import VideoRequest, VideoResult

if TYPE_CHECKING:
    from lollms_client.client import LollmsClient


class _SpeakCommand(CallCommand):
    binding_type = "tts"
    methods = ("generate_audio",)
    own = frozenset({"text"})
    title = "speaking"

    @property
    def request_type(self) -> type:
        return SpeechRequest

    def add_arguments(self, parser: Parser) -> None:
        parser.add_argument("text", nargs="*", help="what to say (from the standard input where it is missing)")
        parser.add_argument("--file", metavar="FILE", help="say what is written in this file")
        add_output_file(parser, "the sound")

    def call(self, client: LollmsClient, arguments: Namespace, options: dict[str, Any]) -> SpeechResult:
        arguments.prompt_text = _file_text(arguments) or text_of(arguments.text, "a text")
        return client.speech(arguments.prompt_text, **options)

    def present(self, result: SpeechResult, arguments: Namespace, seconds: float) -> None:
        import msgspec

        facts: dict[str, Any] = {"seconds": _rounded(result.seconds), "voice": result.voice}
        if arguments.json:
            facts["words"] = [msgspec.to_builtins(word) for word in result.words]
        else:
            facts["seconds"] = _seconds_words(result.seconds)
        present_media(
            [result.audio], result, arguments, prompt=arguments.prompt_text, seconds=seconds, facts=facts
        )  # fmt: skip


def _file_text(arguments: Namespace) -> str:
    if not arguments.file:
        return ""
    if arguments.text:
        raise UsageError("give a text or --file, not both")
    try:
        return Path(arguments.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{arguments.file} cannot be read as text: {error}") from error


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _seconds_words(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:.1f} s"


class _TranscribeCommand(CallCommand):
    binding_type = "stt"
    methods = ("transcribe_audio",)
    own = frozenset({"audio", "audio_path"})
    title = "listening"

    @property
    def request_type(self) -> type:
        return TranscriptionRequest

    def add_arguments(self, parser: Parser) -> None:
        parser.add_argument("audio", metavar="FILE", help="a sound or film file, or - for the standard input")
        parser.add_argument(
            "--format", choices=("text", "srt", "vtt", "json"), default=None,
            help="the form of the transcript (by default that of the output file's extension, else text)",
        )  # fmt: skip
        parser.add_argument("-o", "--output", metavar="FILE", help="write the transcript to this file")

    def call(self, client: LollmsClient, arguments: Namespace, options: dict[str, Any]) -> TranscriptionResult:
        import sys

        audio = Media(sys.stdin.buffer.read()) if arguments.audio == "-" else Media.of(Path(arguments.audio))
        return client.transcribe(audio, **options)

    def present(self, result: TranscriptionResult, arguments: Namespace, seconds: float) -> None:
        tell_warnings(result.warnings, quiet=arguments.quiet or arguments.json)
        extension = Path(arguments.output or "").suffix.lstrip(".").lower()
        form = arguments.format or (extension if extension in ("srt", "vtt", "json") else None)
        if arguments.json or form == "json":
            self._write(None, result, arguments)
        elif form in ("srt", "vtt"):
            self._write(result.srt() if form == "srt" else result.vtt(), result, arguments)
        else:
            self._write(result.text + "\n", result, arguments)

    def _write(self, text: str | None, result: TranscriptionResult, arguments: Namespace) -> None:
        import json

        data = _transcript_data(result)
        target = arguments.output
        if target and target != "-":
            Path(target).write_text(text if text is not None else json.dumps(data, indent=2), encoding="utf-8")
            if arguments.json:
                print_json({"files": [target], **data})
            else:
                print(f"{target} ({len(result.text.split())} words)")
        elif text is None:
            print_json(data)
        else:
            print(text, end="" if text.endswith("\n") else "\n")


def _transcript_data(result: TranscriptionResult) -> dict[str, Any]:
    import msgspec

    return {
        "text": result.text,
        "language": result.language,
        "seconds": _rounded(result.seconds),
        "segments": [msgspec.to_builtins(item) for item in result.segments],
        "words": [msgspec.to_builtins(item) for item in result.words],
        **told(result),
    }


class _MusicCommand(CallCommand):
    binding_type = "ttm"
    methods = ("generate_music",)
    own = frozenset({"prompt"})
    title = "composing"

    @property
    def request_type(self) -> type:
        return MusicRequest

    def add_arguments(self, parser: Parser) -> None:
        parser.add_argument("prompt", nargs="*", help="what to play (from the standard input where it is missing)")
        add_output_file(parser, "the music")

    def call(self, client: LollmsClient, arguments: Namespace, options: dict[str, Any]) -> MusicResult:
        arguments.prompt_text = text_of(arguments.prompt, "a prompt")
        return client.music(arguments.prompt_text, **options)

    def present(self, result: MusicResult, arguments: Namespace, seconds: float) -> None:
        length = _rounded(result.seconds) if arguments.json else _seconds_words(result.seconds)
        facts: dict[str, Any] = {"seconds": length}
        if arguments.json:
            facts["text"] = result.text
        files = present_media(
            [result.audio], result, arguments, prompt=arguments.prompt_text, seconds=seconds, facts=facts
        )  # fmt: skip
        if result.text and not arguments.json and not arguments.quiet and files != ["-"]:
            print(result.text)


class _VideoCommand(CallCommand):
    binding_type = "ttv"
    methods = ("generate_video",)
    own = frozenset({"prompt"})
    title = "filming"

    @property
    def request_type(self) -> type:
        return VideoRequest

    def add_arguments(self, parser: Parser) -> None:
        parser.add_argument("prompt", nargs="*", help="what to film (from the standard input where it is missing)")
        add_output_file(parser, "the film")

    def call(self, client: LollmsClient, arguments: Namespace, options: dict[str, Any]) -> VideoResult:
        arguments.prompt_text = text_of(arguments.prompt, "a prompt")
        return client.video(arguments.prompt_text, **options)

    def present(self, result: VideoResult, arguments: Namespace, seconds: float) -> None:
        facts: dict[str, Any] = {"seconds": _rounded(result.seconds), "width": result.width, "height": result.height}
        facts["fps"] = result.fps
        if not arguments.json:
            size = f"{result.width} × {result.height}" if result.width and result.height else None
            facts = {"seconds": _seconds_words(result.seconds), "size": size}
        present_media([result.video], result, arguments, prompt=arguments.prompt_text, seconds=seconds, facts=facts)


SPEAK = _SpeakCommand()
TRANSCRIBE = _TranscribeCommand()
MUSIC = _MusicCommand()
VIDEO = _VideoCommand()
