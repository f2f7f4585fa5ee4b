"""`lollms models` and `lollms voices`: what a binding offers to choose from."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import msgspec

from lollms_client.cli.call_command import print_json
from lollms_client.cli.choosing import client_for, entry_named, registry_for
from lollms_client.cli.manifest_options import add_common_options
from lollms_client.cli.parsing import Parser, UsageError
from lollms_client.cli.terminal import ProgressDisplay, size_words, table
from lollms_client.manifest.model import BINDING_TYPES
from lollms_client.types.catalogue import ModelInfo, Voice


class _ModelsCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        parser.add_argument(
            "of", nargs="?", default="llm", metavar="BINDING",
            help="a binding, or a modality for its chosen binding (default llm)",
        )  # fmt: skip
        add_common_options(parser)

    def run(self, arguments: Namespace) -> int:
        kind = _choose(arguments)
        with client_for(arguments, kind) as client, ProgressDisplay("asking", quiet=arguments.quiet) as display:
            models = client.models(kind, timeout=arguments.timeout, on_progress=display)
        if arguments.json:
            print_json([msgspec.to_builtins(model) for model in models])
        elif not models:
            print("no models")
        else:
            print(table([_model_row(model) for model in models], ("NAME", "CONTEXT", "SIZE", "TITLE")))
        return 0


def _choose(arguments: Namespace) -> str:
    """The modality asked for; a binding's name is put where `--binding` would be."""
    if arguments.of in BINDING_TYPES:
        return str(arguments.of)
    if arguments.binding:
        raise UsageError("give the binding once, by its name or with --binding and a modality")
    entry = entry_named(registry_for(arguments), arguments.of)
    arguments.binding = entry.name
    return entry.binding_type


def _model_row(model: ModelInfo) -> tuple[str, str, str, str]:
    context = f"{model.context_tokens}" if model.context_tokens else ""
    size = size_words(model.size_bytes) if model.size_bytes else ""
    return model.name, context, size, model.title


class _VoicesCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        parser.add_argument("of", nargs="?", metavar="BINDING", help="a text-to-speech binding")
        parser.add_argument("--language", metavar="TAG", help="only voices of this language, such as en or pt-BR")
        add_common_options(parser)

    def run(self, arguments: Namespace) -> int:
        if arguments.of:
            arguments.binding = arguments.of
        with client_for(arguments, "tts") as client, ProgressDisplay("asking", quiet=arguments.quiet) as display:
            voices = client.voices(timeout=arguments.timeout, on_progress=display)
        if arguments.language:
            voices = [voice for voice in voices if _speaks(voice, arguments.language)]
        if arguments.json:
            print_json([msgspec.to_builtins(voice) for voice in voices])
        elif not voices:
            print("no voices")
        else:
            rows: list[Any] = [(voice.name, voice.language, voice.gender, voice.title) for voice in voices]
            print(table(rows, ("NAME", "LANGUAGE", "GENDER", "TITLE")))
        return 0


def _speaks(voice: Voice, language: str) -> bool:
    has, wanted = voice.language.lower(), language.lower().replace("_", "-")
    return has == wanted or has.startswith(wanted + "-")


MODELS = _ModelsCommand()
VOICES = _VoicesCommand()
