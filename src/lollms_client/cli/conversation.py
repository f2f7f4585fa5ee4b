"""A conversation at the prompt: what was said is remembered, and commands begin with a slash."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lollms_client.cli.failing import report
from lollms_client.cli.manifest_options import described_parameters, reader
from lollms_client.cli.terminal import note, styled, tell_warnings
from lollms_client.errors import ContextTooLong, LollmsError
from lollms_client.types.chat import ChatRequest, ChatResult
from lollms_client.types.media import Media
from lollms_client.types.message import Message

if TYPE_CHECKING:
    from lollms_client.client import LollmsClient

_FORMATS = {".json": "json", ".html": "html", ".htm": "html", ".md": "markdown", ".txt": "lollms_text"}


class Conversation:
    """One conversation; `run` reads lines until /quit, or the end of the input."""

    def __init__(self, client: LollmsClient, options: dict[str, Any], arguments: Namespace) -> None:
        self._client = client
        self._options = options
        self._quiet = bool(arguments.quiet)
        self._debug = bool(arguments.debug)
        self._system = arguments.system or ""
        self._history: list[Message] = []
        self._images = [Media.of(Path(name)) for name in arguments.image]
        self._parameters = described_parameters(arguments.manifest, ("chat", "generate_text"), ChatRequest)
        self._first = " ".join(arguments.prompt)
        self._ended = False
        self._commands: dict[str, tuple[Callable[[str], None], str]] = {
            "help": (self._help, "show these commands"),
            "system": (self._set_system, "TEXT: instructions for the model; without TEXT show them"),
            "image": (self._add_image, "FILE: show the model an image with the next question"),
            "model": (self._set_model, "NAME: use another model"),
            "set": (self._set_parameter, "NAME VALUE: another parameter of the calls, such as temperature 0.5"),
            "retry": (self._retry, "answer the last question again"),
            "undo": (self._undo, "forget the last question and its answer"),
            "reset": (self._reset, "forget everything said"),
            "save": (self._save, "FILE: write the conversation (.md, .json, .html or .txt)"),
            "quit": (self._quit, "end (so does Ctrl-D)"),
        }

    def run(self) -> int:
        """Talk until the user ends it; the exit code."""
        if sys.stdin.isatty():
            _line_editing()
            print(styled(f"Talking with {self._client.binding_name('llm')}. /help shows the commands.", "dim"))
        if self._first:
            self._say(self._first)
        while not self._ended:
            try:
                line = input("> " if sys.stdin.isatty() else "").strip()
            except EOFError:
                break
            except KeyboardInterrupt:
                print("\n(/quit or Ctrl-D ends)")
                continue
            if line:
                self._take(line)
        return 0

    def _take(self, line: str) -> None:
        try:
            if line.startswith("/") and not line.startswith("//"):
                self._command(line)
            else:
                self._say(line.removeprefix("/") if line.startswith("//") else line)
        except (LollmsError, OSError) as error:
            report(error, debug=self._debug)

    def _command(self, line: str) -> None:
        word, _, rest = line[1:].partition(" ")
        if word in ("exit", "q"):
            word = "quit"
        if word in self._commands:
            self._commands[word][0](rest.strip())
            return
        from lollms_client.manifest.values import near_names

        near = near_names(word, self._commands, limit=1)
        print(f"there is no command /{word}; " + (f"did you mean /{near[0]}?" if near else "/help shows them"))

    def _say(self, text: str) -> None:
        question = Message.user(text, images=self._images)
        result = self._answer(question)
        if result is not None:
            self._history += [question, result.message]
            self._images = []

    def _answer(self, question: Message) -> ChatResult | None:
        """The answer; the oldest turns are left out where all do not fit into the context."""
        from lollms_client.cli.chatting import stream_answer

        system = [Message.system(self._system)] if self._system else []
        while True:
            try:
                result = stream_answer(
                    self._client, [*system, *self._history, question], dict(self._options), quiet=self._quiet
                )
            except ContextTooLong:
                if not self._history:
                    raise
                del self._history[:2]
                note("the oldest question and answer were forgotten: all together did not fit into the context")
                continue
            except KeyboardInterrupt:
                print("\n(stopped)")
                return None
            tell_warnings(result.warnings, quiet=self._quiet)
            return result

    # --- commands ---

    def _help(self, rest: str) -> None:
        for name, (_, meaning) in self._commands.items():
            print(f"  /{name:<8}{meaning}")

    def _set_system(self, rest: str) -> None:
        if rest:
            self._system = rest
        print(f"instructions: {self._system or 'none'}")

    def _add_image(self, rest: str) -> None:
        self._images.append(Media.of(Path(rest)))
        print(f"{rest} goes with the next question")

    def _set_model(self, rest: str) -> None:
        self._options["model"] = rest or None
        print(f"model: {rest or 'the default one'}")

    def _set_parameter(self, rest: str) -> None:
        name, _, value = rest.replace("=", " ", 1).partition(" ")
        parameter = next((item for item in self._parameters if item.name == name), None)
        if not value:
            self._options.pop(name, None)
        elif parameter is None:
            self._options[name] = value.strip()
        else:
            try:
                self._options[name] = reader(parameter)(value.strip())
            except ArgumentTypeError as error:
                print(f"{name} {error}")
                return
        print(f"{name}: {self._options.get(name, 'the default')}")

    def _retry(self, rest: str) -> None:
        if not self._history:
            print("nothing was asked yet")
            return
        question, answer = self._history[-2:]
        del self._history[-2:]
        result = self._answer(question)
        self._history += [question, result.message if result is not None else answer]

    def _undo(self, rest: str) -> None:
        del self._history[-2:]
        print(f"{len(self._history) // 2} questions are remembered")

    def _reset(self, rest: str) -> None:
        self._history.clear()
        self._images = []
        print("forgotten")

    def _save(self, rest: str) -> None:
        from lollms_client.lollms_discussion import LollmsDiscussion

        path = Path(rest or "conversation.md").expanduser()
        form = _FORMATS.get(path.suffix.lower())
        if form is None:
            print(f"write to a file that ends with {', '.join(_FORMATS)}")
            return
        discussion = LollmsDiscussion.from_messages(self._history, system_prompt=self._system)
        path.write_text(discussion.export(form), encoding="utf-8")
        print(f"saved in {path}")

    def _quit(self, rest: str) -> None:
        self._ended = True


def _line_editing() -> None:
    """Arrow keys and a history for `input`, where Python has them."""
    import importlib.util

    if importlib.util.find_spec("readline") is not None:
        import readline

        readline.set_auto_history(True)
