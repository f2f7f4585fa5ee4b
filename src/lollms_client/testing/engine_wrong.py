"""Calls a local binding with what is wrong: values out of range, rubbish for media, names that nobody knows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from lollms_client.cancel import CancelToken
from lollms_client.client import LollmsClient
from lollms_client.manifest import Parameter
from lollms_client.testing.cases_media import picture, tone
from lollms_client.testing.engine_calls import Engine, Steps, call, ended
from lollms_client.testing.engine_plan import Planned, parameters_of, spoken
from lollms_client.testing.evidence import EngineEvidence, Outcome
from lollms_client.types.media import Media

NOBODY = "no-such-name-5d81"
_RUBBISH = Media(b"This is a text, and neither a sound nor a picture. " * 4, "application/octet-stream")
# too much of these is hours of work where it is taken: only too little is tried
_AMOUNTS = {
    "seconds", "duration", "width", "height", "count", "n", "steps", "num_inference_steps", "fps", "max_tokens",
    "n_predict", "sample_rate", "top_k", "logprobs",
}  # fmt: skip


class Wrong(NamedTuple):
    """A call with one thing wrong. `kind`: range, option, media, empty or name; `setting` is what it is about."""

    kind: str
    title: str
    setting: str
    planned: Planned

    @property
    def key(self) -> str:
        """What it is called in the evidence."""
        return f"{self.kind}|{self.setting}|{self.title}"


def call_wrongly(engine: Engine, found: EngineEvidence) -> None:
    """Make every wrong call through the client, some through documented methods, then a good one."""
    with contextlib.closing(engine.client()) as client:
        for wrong in wrong_calls(engine):
            found.wrong[wrong.key] = _first_step(client, wrong.planned)
        for wrong in wrong_calls(engine):
            if wrong.kind in ("media", "range") and wrong.planned.method != "embed":
                found.documented_wrong[wrong.key] = _documented(client, engine.binding_type, wrong.planned)
        found.after_wrong, _ = ended(partial(call, client, engine.planned[0]))


def _first_step(client: LollmsClient, planned: Planned) -> Outcome:
    """How a call ends. Where it takes what is wrong and has much to do, it is cancelled after some steps."""
    token = CancelToken()
    steps = Steps(60, lambda: token.cancel("it was taken"))
    return ended(partial(call, client, planned, steps, cancel=token))[0]


def _documented(client: LollmsClient, binding_type: str, planned: Planned) -> Outcome:
    from lollms_client.testing.calling import outcome_of

    method = getattr(client.binding(binding_type), planned.method)
    return outcome_of(planned.method, partial(method, *planned.content, **planned.options))


def wrong_calls(engine: Engine) -> Iterator[Wrong]:
    """Each wrong call that the manifest gives reason for."""
    seen: set[str] = set()
    for planned in engine.planned:
        if planned.method in seen or planned.call in ("models", "voices"):
            continue
        seen.add(planned.method)
        for parameter in parameters_of(engine.manifest, planned.method):
            yield from _out_of_range(planned, parameter)
        yield from _rubbish(planned)
        yield from _empty(planned)
    for planned in engine.planned:
        if "image" in planned.options:
            yield Wrong("media", "video: a text for the picture", "image", _with(planned, {"image": _RUBBISH}))
    main = engine.planned[0]
    names = {parameter.name for parameter in parameters_of(engine.manifest, main.method)}
    for name in ("model", "voice"):
        if name in names:
            yield Wrong("name", f"{main.call}: {name}={NOBODY!r}", name, _with(main, {name: NOBODY}))


def _with(planned: Planned, options: dict[str, Any], content: tuple[Any, ...] | None = None) -> Planned:
    return planned._replace(options={**planned.options, **options}, content=content or planned.content)


def _out_of_range(planned: Planned, parameter: Parameter) -> Iterator[Wrong]:
    name, whole = parameter.name, parameter.type == "int"
    values: list[tuple[str, Any]] = []
    if parameter.type in ("int", "float"):
        if parameter.min is not None:
            values.append(("range", int(parameter.min) - 1 if whole else parameter.min - 0.5))
        if parameter.max is not None and name not in _AMOUNTS:
            values.append(("range", int(parameter.max) + 1 if whole else parameter.max + 0.5))
        values.append(("range", NOBODY))
    if parameter.options and parameter.type == "str":
        values.append(("option", NOBODY))
    for kind, value in values:
        yield Wrong(kind, f"{planned.call}: {name}={value!r}", name, _with(planned, {name: value}))


def _rubbish(planned: Planned) -> Iterator[Wrong]:
    if planned.call == "transcribe":
        for words, sound in (
            ("a text", _RUBBISH), ("a picture", picture(8, 8)), ("half a WAV header", Media(bytes(spoken())[:20])),
            ("a file that is not there", f"{NOBODY}.wav"),
        ):  # fmt: skip
            yield Wrong("media", f"transcribe: {words} for the sound", "audio", _with(planned, {}, (sound,)))
    if planned.call == "edit_image":
        cut = Media(bytes(picture(64, 64))[:60], "image/png")
        for words, image in (("a text", _RUBBISH), ("a sound", tone(0.1)), ("a cut picture", cut)):
            content = (image, *planned.content[1:])
            yield Wrong("media", f"edit_image: {words} for the picture", "images", _with(planned, {}, content))


def _empty(planned: Planned) -> Iterator[Wrong]:
    if planned.call in ("image", "speech", "music", "video"):
        yield Wrong("empty", f"{planned.call}: an empty text", "prompt", _with(planned, {}, ("",)))
    if planned.call == "embed":
        yield Wrong("empty", "embed: no text", "texts", _with(planned, {}, ((),)))
    if planned.call == "chat":
        yield Wrong("empty", "chat: no message", "messages", _with(planned, {}, ([],)))
