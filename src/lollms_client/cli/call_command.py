"""What the commands that call a binding share: options from its manifest, progress, notes, and JSON of the result."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from lollms_client.cli.choosing import chosen_manifest, client_for
from lollms_client.cli.manifest_options import (
    add_common_options,
    add_parameters,
    early_arguments,
    given_parameters,
)
from lollms_client.cli.outputs import check_output, format_of_name, write_all
from lollms_client.cli.parsing import Parser
from lollms_client.cli.terminal import ProgressDisplay, size_words, tell_warnings
from lollms_client.types.media import Media

if TYPE_CHECKING:
    from lollms_client.client import LollmsClient


class CallCommand(ABC):
    """A command that makes one call of a modality."""

    binding_type: ClassVar[str]
    methods: ClassVar[tuple[str, ...]]  # documented methods whose parameters become options; the first described wins
    own: ClassVar[frozenset[str]] = frozenset()  # parameters that the command takes in a form of its own
    title: ClassVar[str]

    @property
    @abstractmethod
    def request_type(self) -> type:
        """The request whose fields are the options where a manifest describes none."""

    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        """Add the command's own arguments, the common ones, and those of the binding's manifest."""
        self.add_arguments(parser)
        add_common_options(parser)
        manifest = chosen_manifest(early_arguments(words), self.binding_type)
        parser.set_defaults(manifest=manifest)
        add_parameters(parser, manifest, self.methods, self.request_type, self.own)

    @abstractmethod
    def add_arguments(self, parser: Parser) -> None:
        """Add the arguments that do not follow from a manifest."""

    def run(self, arguments: Namespace) -> int:
        """Make the call and present its result."""
        output = getattr(arguments, "output", None)
        check_output(output)
        options = given_parameters(arguments)
        asked = format_of_name(output, arguments.manifest, self.methods)
        if asked is not None:
            options.setdefault("output_format", asked)
        began = time.monotonic()
        with (
            client_for(arguments, self.binding_type) as client,
            ProgressDisplay(self.title, quiet=arguments.quiet) as display,
        ):
            options |= {"timeout": arguments.timeout, "on_progress": display}
            result = self.call(client, arguments, options)
        self.present(result, arguments, time.monotonic() - began)
        return 0

    @abstractmethod
    def call(self, client: LollmsClient, arguments: Namespace, options: dict[str, Any]) -> Any:
        """Make the call."""

    @abstractmethod
    def present(self, result: Any, arguments: Namespace, seconds: float) -> None:
        """Show the result, or write it."""


def add_output_file(parser: Parser, what: str) -> None:
    """`-o`."""
    parser.add_argument(
        "-o", "--output", metavar="FILE",
        help=f"where {what} goes; the extension chooses the format, - is the standard output, "
        "without it the name comes from the prompt",
    )  # fmt: skip


def present_media(
    media: Sequence[Media], result: Any, arguments: Namespace, *, prompt: str, seconds: float, facts: dict[str, Any]
) -> list[str]:
    """Write media files and tell where they are; returns their names."""
    files = write_all(media, arguments.output, prompt)
    if arguments.json:
        if files != ["-"]:
            print_json({"files": files, **facts, **told(result), "elapsed_seconds": round(seconds, 3)})
        return files
    tell_warnings(result.warnings, quiet=arguments.quiet)
    known = ", ".join(str(value) for value in facts.values() if value is not None and value != "")
    for name, item in zip(files, media, strict=True):
        if name != "-":
            inside = ", ".join(part for part in (known, size_words(len(item))) if part)
            print(f"{name} ({inside})")
    return files


def told(result: Any) -> dict[str, Any]:
    """What every result says besides its content, as plain values; unknown things are left out."""
    import msgspec

    facts: dict[str, Any] = {
        "model": result.model,
        "seed": getattr(result, "seed", None),
        "usage": msgspec.to_builtins(result.usage) or None,
        "warnings": [msgspec.to_builtins(warning) for warning in result.warnings],
    }
    return {name: value for name, value in facts.items() if value is not None}


def print_json(data: Any) -> None:
    """Print a value as JSON, secrets masked."""
    from lollms_client.secret import redact_data

    print(json.dumps(redact_data(data), ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(value, enc_hook=str)
