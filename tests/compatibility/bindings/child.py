"""One binding in a process of its own, against the fake services: tries each method, says what came of it, as JSON."""

from __future__ import annotations

import asyncio
import base64
import faulthandler
import json
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from . import media_replies, service_replies  # noqa: F401 (they register what the services say)
from .fake_services import IMAGE, PNG, TEXT, VECTOR, WAV, WORDS, Services

LIMIT = 40.0  # seconds for one call
Outcome = dict[str, str]


class NotOffered(Exception):
    """The binding says that it has no such thing."""


class Trial:
    """The binding and what is tried with it."""

    def __init__(self, task: dict[str, Any], services: Services) -> None:
        from lollms_client import LollmsClient

        kind = task["type"]
        self.kind: str = kind
        self.name: str = task["name"]
        self.services = services
        self.report = Path(task["report"])
        self.outcome: Outcome = {}
        self.arguments = {
            f"{kind}_binding_name": task["name"],
            f"{kind}_binding_config": task["settings"],
            task.get("argument") or f"{kind}_bindings_dir": task["folder"],
        }
        self.client = LollmsClient(**self.arguments)

    def run(self) -> None:
        """Try what bindings of that kind offer."""
        raise NotImplementedError

    def attempt(self, step: str, function: Callable[[], None]) -> None:
        from lollms_client import errors

        self.services.seen.clear()
        self.outcome[step] = "does not come to an end"
        self.report.write_text(json.dumps({"outcome": self.outcome, "left": []}), encoding="utf-8")
        try:
            function()
        except (NotImplementedError, NotOffered) as error:
            self.outcome[step] = f"not offered: {_short(error)}"
        except errors.LollmsError as error:
            self.outcome[step] = f"{type(error).__name__}: {_short(error)}"
        except Exception as error:
            self.outcome[step] = f"{type(error).__name__}: {_short(error)}"
            if os.environ.get("WILD_TRACE"):
                traceback.print_exc()
        else:
            self.outcome[step] = "ok"
        left = sorted(str(item) for item in Path().rglob("*") if item.is_file())
        self.report.write_text(json.dumps({"outcome": self.outcome, "left": left}), encoding="utf-8")
        if os.environ.get("WILD_TRACE"):
            print(step, [(s.method, s.host, s.path, s.body[:300]) for s in self.services.seen], file=sys.stderr)

    def load(self) -> None:
        self.binding: Any = self.client.binding(self.kind)

    def list_models(self) -> None:
        found = self.client.models(self.kind, timeout=LIMIT)
        assert all(model.name for model in found), "a model without a name"
        if not found:
            raise NotOffered("the list is empty")

    def said(self, *parts: str) -> None:
        """Check that these words reached the service."""
        sent = b"\n".join(seen.body + b"\n" + seen.path.encode() for seen in self.services.seen).decode("latin-1")
        for part in parts:
            forms = (part, json.dumps(part)[1:-1], quote_plus(part))
            assert any(form in sent for form in forms), f"the service did not get {part[:30]!r}"

    def all_words(self, text: str) -> None:
        assert text.strip() == TEXT, f"the answer is {text[:200]!r}"


class LanguageTrial(Trial):
    """Language models."""

    def run(self) -> None:
        self.attempt("chat", self.chat)
        self.attempt("async", self.chat_async)
        self.attempt("generate_text", self.generate_text)
        self.attempt("stream", self.stream)
        self.attempt("callback", self.callback)
        self.attempt("stop early", self.stop_early)
        self.attempt("discussion", self.discussion)
        self.attempt("embed", self.embed)
        self.attempt("tokens", self.tokens)
        self.attempt("cancel", self.cancel)

    def chat(self) -> None:
        self.all_words(self.client.chat("Say hello to the moon.", timeout=LIMIT).text)
        self.said("Say hello to the moon.")

    def chat_async(self) -> None:
        from lollms_client import AsyncLollmsClient

        async def work() -> str:
            async with AsyncLollmsClient(**self.arguments) as client:
                return (await client.chat("Say hello to the sun.", timeout=LIMIT)).text

        self.all_words(asyncio.run(work()))

    def generate_text(self) -> None:
        reply = self.binding.generate_text("Say hello to the stars.", n_predict=50, temperature=0.5)
        assert isinstance(reply, str), f"the reply is {str(reply)[:200]}"
        self.all_words(reply)

    def stream(self) -> None:
        with self.client.stream_chat("Say hello to the moon.", timeout=LIMIT) as stream:
            pieces = list(stream.texts())
        self.all_words("".join(pieces))
        if len(pieces) < 2:
            raise NotOffered("the answer comes in one piece")

    def callback(self) -> None:
        told: list[str] = []

        def hear(text: str, kind: Any) -> None:
            told.append(text)

        reply = self.binding.generate_text("Say hello.", n_predict=50, stream=True, streaming_callback=hear)
        assert isinstance(reply, str), f"the reply is {str(reply)[:200]}"
        self.all_words(reply)
        if len(told) < 2:
            raise NotOffered("the callback is not told piece by piece")

    def stop_early(self) -> None:
        told: list[str] = []

        def hear(text: str, kind: Any, facts: Any = None) -> bool:
            told.append(text)
            return len(told) < 2

        self.binding.generate_text("Say hello.", n_predict=50, stream=True, streaming_callback=hear)
        if not told:
            raise NotOffered("the callback is never told")
        assert len(told) < len(WORDS), f"told {len(told)} pieces after being asked to stop"

    def discussion(self) -> None:
        from lollms_client import LollmsDiscussion

        talk = LollmsDiscussion(None)
        talk.system_prompt = "You are a lighthouse."
        talk.add_message(sender="user", content="What do I see?", images=[IMAGE])
        talk.add_message(sender="assistant", content="A blue square.")
        talk.add_message(sender="user", content="How many corners has it?")
        self.all_words(self.client.chat(talk.to_messages(), timeout=LIMIT).text)
        self.said("lighthouse", "What do I see?", "A blue square.", "How many corners")
        sent = b"".join(seen.body for seen in self.services.seen)
        arrived = IMAGE.encode() in sent or PNG in sent
        self.outcome["image"] = "ok" if arrived else "not offered: it sends the words alone"

    def embed(self) -> None:
        found = self.client.embed("some words", model="m-embed", timeout=LIMIT)
        assert list(found.vectors[0]) == VECTOR, f"the vector is {found.vectors[0][:5]}"

    def tokens(self) -> None:
        assert self.client.count_tokens("some words to count", timeout=LIMIT) > 0

    def cancel(self) -> None:
        self.binding.cancel()
        reply = self.binding.generate_text("Say hello again.", n_predict=50)
        assert isinstance(reply, str), f"the reply is {str(reply)[:200]}"
        self.all_words(reply)


class ImageTrial(Trial):
    """Image models."""

    def run(self) -> None:
        self.attempt("make", self.make)
        self.attempt("edit", self.edit)

    def make(self) -> None:
        result = self.client.image("a lighthouse", width=512, height=512, timeout=LIMIT)
        assert result.images[0][:4] == PNG[:4], "no PNG came back"
        self.said("a lighthouse")

    def edit(self) -> None:
        result = self.client.edit_image(PNG, "make it red", timeout=LIMIT)
        assert result.images[0][:4] == PNG[:4], "no PNG came back"
        self.said("make it red")
        sent = b"".join(seen.body for seen in self.services.seen)
        assert b"\x89PNG" in sent or base64.b64encode(PNG)[:16] in sent, "the service did not get the image"


class TranscriptionTrial(Trial):
    """Speech recognisers."""

    def run(self) -> None:
        self.attempt("transcribe", self.transcribe)

    def transcribe(self) -> None:
        self.all_words(self.client.transcribe(WAV, timeout=LIMIT).text)


class SpeechTrial(Trial):
    """Voices."""

    def run(self) -> None:
        self.attempt("voices", self.voices)
        self.attempt("speak", self.speak)

    def voices(self) -> None:
        if not self.client.voices(timeout=LIMIT):
            raise NotOffered("the list is empty")

    def speak(self) -> None:
        assert len(self.client.speech("Hello there.", timeout=LIMIT).audio) > 1000, "no sound came back"
        self.said("Hello there.")


class VideoTrial(Trial):
    """Films."""

    def run(self) -> None:
        self.attempt("make", self.make)

    def make(self) -> None:
        made = self.client.video("a lighthouse at night", timeout=LIMIT)
        assert made.video.find(b"ftyp") >= 0, "no film came back"
        self.said("a lighthouse at night")


class MusicTrial(Trial):
    """Music."""

    def run(self) -> None:
        self.attempt("make", self.make)

    def make(self) -> None:
        assert len(self.client.music("a slow waltz", timeout=LIMIT).audio) > 1000, "no sound came back"
        self.said("a slow waltz")


TRIALS = {
    "llm": LanguageTrial,
    "tti": ImageTrial,
    "stt": TranscriptionTrial,
    "tts": SpeechTrial,
    "ttv": VideoTrial,
    "ttm": MusicTrial,
}


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 260 else text[:257] + "…"


def small_vocabulary() -> None:
    """Let tiktoken, which would fetch its vocabularies, count in bytes."""
    try:
        loading: Any = import_module("tiktoken.load")
    except ImportError:
        return
    ranks = b"\n".join(base64.b64encode(bytes([number])) + b" %d" % number for number in range(256))
    loading.read_file_cached = lambda *arguments, **keywords: ranks


def plain_transport() -> None:
    """Let Google's SDK of old speak HTTP in place of gRPC, which would look up names itself."""
    try:
        genai = import_module("google.generativeai")
    except ImportError:
        return
    configure = genai.configure
    vars(genai)["configure"] = lambda **keywords: configure(**{**keywords, "transport": "rest"})


def main() -> None:
    task = json.loads(sys.stdin.read())
    warnings.simplefilter("ignore")
    faulthandler.dump_traceback_later(100)
    services = Services(task["certificate"])
    services.redirect()
    small_vocabulary()
    if task["type"] == "llm" and task["name"] == "gemini":
        plain_transport()
    os.chdir(tempfile.mkdtemp(dir=os.environ["HOME"]))
    trial = TRIALS[task["type"]](task, services)
    trial.attempt("load", trial.load)
    if trial.outcome["load"] == "ok":
        trial.attempt("list_models", trial.list_models)
        trial.run()
    os._exit(0)


if __name__ == "__main__":
    main()
