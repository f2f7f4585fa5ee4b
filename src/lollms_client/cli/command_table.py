"""The commands by name, each with its one-line help and the place of its code, which is imported when it is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from argparse import Namespace

    from lollms_client.cli.parsing import Parser


class Command(Protocol):
    """One command: it adds its options to a parser, then runs with what was given."""

    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        """Add the options. `words` are the arguments, for options that depend on other ones."""

    def run(self, arguments: Namespace) -> int:
        """Do the work and return the exit code. Raises LollmsError."""


class Entry(NamedTuple):
    """A command's help, and `module:object` of its code."""

    help: str
    place: str


COMMANDS: dict[str, Entry] = {
    "demo": Entry("Make one story in all six modalities, with a page that shows and plays it.", "demo:DEMO"),
    "list": Entry("List the bindings of all modalities, broken ones included.", "listing:LIST"),
    "show": Entry("Show all that is known of a binding: parameters, licences, requirements, limits.", "showing:SHOW"),
    "models": Entry("List the models of a binding.", "catalogue:MODELS"),
    "voices": Entry("List the voices of a text-to-speech binding.", "catalogue:VOICES"),
    "chat": Entry("Talk with a language model, or ask it one thing.", "chatting:CHAT"),
    "image": Entry("Make an image from a prompt.", "picture_commands:IMAGE"),
    "edit": Entry("Change an image as a prompt says.", "picture_commands:EDIT"),
    "speak": Entry("Speak a text into a sound file.", "sound_commands:SPEAK"),
    "transcribe": Entry("Write down what is spoken in a sound or film file.", "sound_commands:TRANSCRIBE"),
    "video": Entry("Make a film from a prompt.", "sound_commands:VIDEO"),
    "music": Entry("Make music from a prompt.", "sound_commands:MUSIC"),
    "embed": Entry("Turn texts into vectors, and tell how near they are to each other.", "embedding:EMBED"),
    "install": Entry("Install a new binding, or what one needs, after showing all of it.", "installing:INSTALL"),
    "uninstall": Entry("Remove a binding that `lollms install` brought.", "installing:UNINSTALL"),
    "new": Entry("Start a binding of your own: code, manifest, test and example in a folder.", "new_command:NEW"),
    "check": Entry("Prove that a binding keeps the contract, and tell what to mend.", "check_command:CHECK"),
    "config": Entry("List, get, set and unset the saved settings of bindings.", "configuring:CONFIG"),
}


def load_command(name: str) -> Command:
    """The command's code."""
    from importlib import import_module

    module, _, attribute = COMMANDS[name].place.partition(":")
    command: Command = getattr(import_module(f"lollms_client.cli.{module}"), attribute)
    return command
