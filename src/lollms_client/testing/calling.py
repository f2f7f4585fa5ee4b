"""Calls a binding's documented methods without a network, in every way that a caller may, and notes the ends."""

from __future__ import annotations

import asyncio
import struct
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from lollms_client import errors
from lollms_client.binding import LollmsBinding
from lollms_client.manifest import Manifest, Parameter
from lollms_client.plain import check_reply
from lollms_client.testing.evidence import Evidence, Outcome
from lollms_client.testing.process_state import Dice
from lollms_client.testing.signatures import DOCUMENTED

Call = Callable[[], Any]
# types of a documented method's value
VALUES: dict[str, tuple[type, ...]] = {
    "chat": (str,), "generate_text": (str,), "generate_from_messages": (str,), "tokenize": (list,),
    "detokenize": (str,), "count_tokens": (int,), "embed": (list,), "generate_image": (bytes,),
    "edit_image": (bytes,), "transcribe_audio": (str, dict), "generate_audio": (bytes,), "list_voices": (list, tuple),
    "generate_video": (bytes,), "generate_music": (bytes,),
}  # fmt: skip
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8ffff3f0005fe02fe0def46b8"
    "0000000049454e44ae426082"
)


def base_of(binding_type: str) -> type:
    """The documented base class of a modality."""
    module = import_module(f"lollms_client.lollms_{binding_type}_binding")
    kind: type = getattr(module, f"Lollms{binding_type.upper()}Binding")
    return kind


def canary(name: str) -> str:
    """The value that a secret setting has in a check: no other text is like it."""
    return f"canary-{name}-5d81f0c3"


def settings_for(manifest: Manifest) -> dict[str, Any]:
    """Settings with which the binding can be made: something for what is mandatory or secret, no repeated requests."""
    given: dict[str, Any] = {}
    for parameter in manifest.input_parameters:
        if parameter.is_secret:
            given[parameter.name] = canary(parameter.name)
        elif parameter.name == "max_retries" and parameter.type == "int":
            given[parameter.name] = 0
        elif parameter.mandatory and parameter.default in (None, "", [], {}):
            given[parameter.name] = _value(parameter)
    return given


def _value(parameter: Parameter) -> Any:
    if parameter.options:
        return [parameter.options[0]] if parameter.type == "list" else parameter.options[0]
    if parameter.type == "str":
        address = any(word in parameter.name for word in ("host", "url", "address", "endpoint"))
        return "http://127.0.0.1:9" if address else "check"
    number = parameter.min if parameter.min is not None else min(1, parameter.max or 1)
    values: dict[str, Any] = {"int": int(number), "float": float(number), "bool": True, "list": ["check"], "dict": {}}
    return values[parameter.type]


def arguments_of(method: str) -> tuple[Any, ...]:
    """Arguments for a call of a documented method: as little work as can be."""
    if method == "chat":
        from lollms_client import LollmsDiscussion

        discussion: Any = LollmsDiscussion(system_prompt="Be brief.")
        discussion.add_message(sender="user", sender_type="user", content="Hello")
        return (discussion,)
    found: dict[str, tuple[Any, ...]] = {
        "generate_from_messages": ([{"role": "user", "content": "Hello"}],), "detokenize": ([1],),
        "edit_image": ([_PIXEL], "a red dot"), "transcribe_audio": (wav(),), "list_voices": (),
    }  # fmt: skip
    return found.get(method, ("Hello",))


def wav(seconds: float = 0.2, rate: int = 16000) -> bytes:
    """A quiet WAV file, 16 bits, one channel."""
    samples = b"\0\0" * round(seconds * rate)
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(samples))
        + b"WAVEfmt "
        + form
        + b"data"
        + struct.pack("<I", len(samples))
        + samples
    )


class Given(NamedTuple):
    """What calls are given beyond the least: keyword arguments by method, and the sound to be transcribed."""

    keywords: dict[str, dict[str, Any]]
    sound: bytes


LEAST = Given({}, b"")


def calls_of(binding: LollmsBinding, given: Given = LEAST) -> Iterator[tuple[str, Call]]:
    """The documented methods of a binding as calls without arguments."""
    for name in DOCUMENTED[binding.binding_type]:
        if callable(getattr(binding, name, None)):
            yield name, _call(binding, name, given)


def _call(binding: LollmsBinding, name: str, given: Given) -> Call:
    arguments: tuple[Any, ...] = arguments_of(name)
    keywords = given.keywords.get(name, {})
    if name == "transcribe_audio":
        from pathlib import Path

        path = Path.cwd() / "sound.wav"  # the folder is removed after the check
        path.write_bytes(given.sound or wav())
        arguments = (str(path),)
    return lambda: getattr(binding, name)(*arguments, **keywords)


told: list[str] = []  # every value, and every error with its traceback, in words


def outcome_of(method: str, call: Call) -> Outcome:
    """How a call ended."""
    try:
        value = call()
        told.append(repr(value))
    except errors.LollmsError as error:
        told.append("".join(traceback.format_exception(error)))
        return Outcome(kind="typed", type=type(error).__name__, text=str(error), code=error.code)
    except NotImplementedError as error:
        told.append("".join(traceback.format_exception(error)))
        return Outcome(kind="typed", type="NotImplementedError", text=str(error), code="unsupported")
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        told.append("".join(traceback.format_exception(error)))
        return Outcome(kind="foreign", type=type(error).__name__, text=str(error))
    if isinstance(value, Mapping) and _is_failure(value):
        text = value.get("message") or value.get("error") or value.get("details")
        return Outcome(
            kind="error_dictionary", type="dict", text=str(text or ""), usable=isinstance(text, str) and bool(text)
        )
    return _value_outcome(method, value)


def _is_failure(value: Mapping[str, Any]) -> bool:
    try:
        check_reply(value)
    except errors.LollmsError:
        return True
    return value.get("status") in ("error", "failed", False)


def _value_outcome(method: str, value: Any) -> Outcome:
    types = VALUES.get(method, (list, tuple, dict))
    size = len(value) if hasattr(value, "__len__") else 0
    return Outcome(
        kind="value", type=type(value).__name__, text=repr(value)[:200], size=size, usable=isinstance(value, types)
    )


def call_all(binding: LollmsBinding, evidence: Evidence, given: Given = LEAST) -> Dice:
    """Call every documented method directly, as the client does, in a thread, and inside a running event loop.

    What comes back tells whether the calls gave the generators of random numbers a seed.
    """
    dice = Dice()

    def thrown(name: str, call: Call) -> Call:
        def throw() -> Any:
            dice.throw()
            try:
                return call()
            finally:
                dice.look(name)

        return throw

    for name, plain in calls_of(binding, given):
        call = thrown(name, plain)
        evidence.calls[name] = outcome_of(name, call)
        evidence.in_thread[name] = _in_thread(name, call)
        evidence.in_loop[name] = _in_loop(name, call)
    evidence.spellings = [
        outcome_of("list_models", lambda: binding.list_models()),
        outcome_of("list_models", lambda: binding.listModels()),
    ]
    evidence.settings_faults = list(_settings_faults(binding))
    return dice


def _in_thread(name: str, call: Call) -> Outcome:
    ends: list[Outcome] = []
    thread = threading.Thread(target=lambda: ends.append(outcome_of(name, call)))
    thread.start()
    thread.join()
    return ends[0]


def _in_loop(name: str, call: Call) -> Outcome:
    async def inside() -> Outcome:
        return outcome_of(name, call)

    return asyncio.run(inside())


def _settings_faults(binding: LollmsBinding) -> Iterator[str]:
    try:
        before: Any = binding.get_settings()
    except Exception as error:  # noqa: BLE001 (somebody else's code)
        yield f"get_settings raised {type(error).__name__}"
        return
    if not isinstance(before, Mapping):
        yield f"get_settings gave a {type(before).__name__}, no dictionary"
    try:
        done = binding.set_settings({})
    except Exception as error:  # noqa: BLE001 (somebody else's code)
        yield f"set_settings({{}}) raised {type(error).__name__}"
        return
    if done is not True:
        yield f"set_settings({{}}) gave {done!r}; it returns True"
