"""`lollms chat`: one question, or a conversation with commands; answers are shown as they are made."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lollms_client.cli.call_command import CallCommand, print_json, told
from lollms_client.cli.choosing import client_for
from lollms_client.cli.manifest_options import given_parameters
from lollms_client.cli.outputs import text_of
from lollms_client.cli.parsing import Parser, UsageError
from lollms_client.cli.terminal import ProgressDisplay, note, styled, tell_warnings
from lollms_client.types.chat import ChatRequest, ChatResult, ReasoningDelta, TextDelta
from lollms_client.types.media import Media
from lollms_client.types.message import Message

if TYPE_CHECKING:
    from lollms_client.client import LollmsClient


class _ChatCommand(CallCommand):
    binding_type = "llm"
    methods = ("chat", "generate_text")
    own = frozenset({"prompt", "messages", "discussion", "images", "system_prompt", "stream", "streaming_callback"})
    title = "thinking"

    @property
    def request_type(self) -> type:
        return ChatRequest

    def add_arguments(self, parser: Parser) -> None:
        parser.add_argument(
            "prompt", nargs="*",
            help="one question; - among its words adds the standard input; without any a conversation begins",
        )  # fmt: skip
        parser.add_argument("-s", "--system", metavar="TEXT", help="instructions for the whole conversation")
        parser.add_argument("--image", action="append", default=[], metavar="FILE", help="show the model this image")
        parser.add_argument("--schema", metavar="FILE", help="a JSON Schema that the answer must fit")
        parser.add_argument("--no-stream", action="store_true", help="show the answer only when it is whole")
        parser.add_argument(
            "-i", "--interactive", action="store_true", help="begin a conversation also where the input is no terminal"
        )

    def run(self, arguments: Namespace) -> int:
        options = given_parameters(arguments) | {"timeout": arguments.timeout}
        if arguments.schema:
            options["response_format"] = _schema(arguments.schema)
        with client_for(arguments, self.binding_type) as client:
            if arguments.interactive or (not arguments.prompt and sys.stdin.isatty()):
                from lollms_client.cli.conversation import Conversation

                return Conversation(client, options, arguments).run()
            result = self.call(client, arguments, options)
        self.present(result, arguments, 0.0)
        return 0

    def call(self, client: LollmsClient, arguments: Namespace, options: dict[str, Any]) -> ChatResult:
        """Ask once; the words are printed as they come, unless the answer is to be JSON."""
        images = [Media.of(Path(name)) for name in arguments.image]
        messages = [Message.system(arguments.system)] if arguments.system else []
        messages.append(Message.user(text_of(arguments.prompt, "a prompt"), images=images))
        show = not arguments.json and not arguments.no_stream
        return stream_answer(client, messages, options, quiet=arguments.quiet, show=show)

    def present(self, result: ChatResult, arguments: Namespace, seconds: float) -> None:
        import msgspec

        if arguments.json:
            calls = [msgspec.to_builtins(call) for call in result.tool_calls]
            facts = {"text": result.text, "finish": result.finish, **told(result)}
            if result.reasoning:
                facts["reasoning"] = result.reasoning
            if result.alternatives:
                facts["alternatives"] = [message.text for message in result.alternatives]
            if result.logprobs:
                facts["logprobs"] = [msgspec.to_builtins(item) for item in result.logprobs]
            print_json({**facts, **({"tool_calls": calls} if calls else {})})
            return
        if arguments.no_stream:
            print(result.text)
        for number, message in enumerate(result.alternatives, start=2):
            print(f"\n{styled(f'answer {number}', 'dim')}\n{message.text}")
        tell_warnings(result.warnings, quiet=arguments.quiet)
        if result.finish == "length" and not arguments.quiet:
            note("the answer was cut at the longest length allowed (--max-tokens)")


def stream_answer(
    client: LollmsClient, messages: list[Message], options: dict[str, Any], *, quiet: bool, show: bool = True
) -> ChatResult:
    """Ask, print the first answer's words as they come, and return the result. Ctrl-C ends the call at the service."""
    with (
        ProgressDisplay("thinking", quiet=quiet) as display,
        client.stream_chat(messages, on_progress=display, **options) as stream,
    ):
        ends_line = True
        for part in stream:
            if not show:
                continue
            if isinstance(part, TextDelta) and part.index == 0:
                display.clear()
                sys.stdout.write(part.text)
                sys.stdout.flush()
                ends_line = part.text.endswith("\n") if part.text else ends_line
            elif isinstance(part, ReasoningDelta) and not quiet and sys.stderr.isatty():
                display.clear()
                sys.stderr.write(styled(part.text, "dim", sys.stderr))
                sys.stderr.flush()
        if show and not ends_line:
            print()
        return stream.result


def _schema(name: str) -> dict[str, Any]:
    try:
        schema = json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{name} cannot be read as a JSON Schema: {error}") from error
    if not isinstance(schema, dict):
        raise UsageError(f"{name} holds no JSON Schema, which is an object")
    return schema


CHAT = _ChatCommand()
