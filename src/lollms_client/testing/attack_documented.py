"""The documented methods under attack: what they return when the service fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lollms_client import errors
from lollms_client.plain import check_reply, fitting
from lollms_client.testing.attack_arena import Arena, limited
from lollms_client.testing.attack_ends import Trial
from lollms_client.testing.attack_errors import STATUSES, bodies
from lollms_client.testing.attack_replies import Canned
from lollms_client.testing.attack_service import RanAway
from lollms_client.testing.attacks import Attack, one
from lollms_client.types.media import Media

# the client's call: the documented method, and the name of its first argument in a case
METHODS: dict[str, tuple[str, str]] = {
    "chat": ("generate_text", "messages"), "stream_chat": ("generate_text", "messages"),
    "image": ("generate_image", "prompt"), "edit_image": ("edit_image", "images"),
    "transcribe": ("transcribe_audio", "audio"), "speech": ("generate_audio", "text"),
    "stream_speech": ("generate_audio", "text"), "video": ("generate_video", "prompt"),
    "music": ("generate_music", "prompt"), "embed": ("embed", "texts"), "voices": ("list_voices", ""),
    "models": ("list_models", ""),
}  # fmt: skip
# which may raise as well: what they give is no media and no text in which a dictionary could stand
LISTS = ("list_voices", "list_models", "listModels", "embed", "count_tokens", "tokenize", "detokenize")


def documented_trials(arena: Arena) -> Iterator[Trial]:
    """The documented method of the case's call under some failures of its first exchange."""
    made = documented_call(arena)
    if made is None:
        return
    name, call = made
    driver = "scripted" if arena.subject.speaks_flows else "blocking"
    for attack in _attacks():
        trial = arena.trial(attack, driver, lambda: None)
        arena.call(driver, attack)  # the service begins anew
        trial.attack, trial.type = f"{name}: {attack.name}", ""
        try:
            with limited():
                _note(trial, call, arena.secrets)
        except RanAway as away:
            trial.kind, trial.text = "hung", str(away)
        if trial.code != "unsupported":
            yield trial


def _attacks() -> Iterator[Attack]:
    for status in (401, 429, 500):
        name, reply = next(iter(bodies(status, STATUSES[status][0])))
        yield one("E106", name, 0, reply, "error")
    yield one("E106", "the connection is refused", 0, Canned(ending="reset", stage="connect"), "error")
    yield one("E106", "the connection breaks", 0, Canned(ending="reset", stage="head"), "error")


def _note(trial: Trial, call: Callable[[], Any], secrets: Mapping[str, str]) -> None:
    try:
        value = call()
    except errors.LollmsError as error:
        trial.kind, trial.type, trial.text, trial.code = "error", type(error).__name__, str(error), error.code
    except NotImplementedError:
        trial.kind, trial.code = "error", "unsupported"
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        trial.kind, trial.type, trial.text = "foreign", type(error).__name__, str(error)[:300]
    else:
        trial.kind, trial.type, trial.text = "value", type(value).__name__, repr(value)[:160]
        if isinstance(value, Mapping):
            _note_dictionary(trial, value)
    trial.secret = next((name for name, secret in secrets.items() if secret in trial.text), "")


def _note_dictionary(trial: Trial, value: Mapping[str, Any]) -> None:
    try:
        check_reply(value)
    except errors.LollmsError:
        message = value.get("message") or value.get("error") or ""
        trial.kind, trial.text = "dictionary", message if isinstance(message, str) else ""


def documented_call(arena: Arena) -> tuple[str, Callable[[], Any]] | None:
    """The documented method that answers the case's call, ready to be called; None where there is none."""
    case = arena.placed.case
    known = METHODS.get(case.call)
    binding: Any = arena.client.binding(arena.subject.binding_type)
    if known is None:
        if case.call.startswith("_") or not callable(getattr(binding, case.call, None)):
            return None
        arguments = dict(arena.prepared.arguments)
        return case.call, lambda: getattr(binding, case.call)(**arguments)
    name, first = known
    given = {key: value for key, value in arena.prepared.arguments.items() if key != "timeout"}
    content = given.pop(first, None)
    if name == "generate_text":
        return _text_call(binding, content, given)
    if name == "transcribe_audio":
        content = _saved(content)
    if name == "edit_image":
        plain = (content, given.pop("prompt", ""))
        accepted, _ = fitting(binding.edit_image, given)
        return name, lambda: binding.edit_image(*plain, **accepted)
    method = getattr(binding, name)
    accepted, _ = fitting(method, given)
    return name, lambda: method(*((content,) if first else ()), **accepted)


def _text_call(binding: Any, content: Any, given: dict[str, Any]) -> tuple[str, Callable[[], Any]]:
    from lollms_client import LollmsDiscussion
    from lollms_client.lollms_llm_binding import is_plain

    messages = [{"role": "user", "content": content}] if isinstance(content, str) else content
    name = next((name for name in ("generate_text", "chat", "generate_from_messages") if is_plain(binding, name)), "")
    if name == "generate_text" or (not name and isinstance(content, str)):
        prompt = content if isinstance(content, str) else "Hello"
        accepted, _ = fitting(binding.generate_text, given)
        return "generate_text", lambda: binding.generate_text(prompt, **accepted)
    if name == "chat":
        accepted, _ = fitting(binding.chat, given)
        return "chat", lambda: binding.chat(LollmsDiscussion.from_messages(messages), **accepted)
    accepted, _ = fitting(binding.generate_from_messages, given)
    return "generate_from_messages", lambda: binding.generate_from_messages(messages, **accepted)


def _saved(content: Any) -> Any:
    if not isinstance(content, bytes):
        return content
    media = content if isinstance(content, Media) else Media(content)
    return str(media.save(Path.cwd() / "given"))
