"""One answer of the language model for the methods of the application side: asked, streamed to a callback, checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lollms_client.cancel import CancelToken
from lollms_client.compatibility.application.former_settings import CALL_DEFAULTS
from lollms_client.compatibility.application.options import report, without_era_names
from lollms_client.compatibility.application.state import state_of
from lollms_client.compatibility.bindings.native import remember
from lollms_client.discussion.callbacks import adapted, tell_part
from lollms_client.discussion.message import image_part
from lollms_client.errors import BadMedia
from lollms_client.types.chat import ChatResult, WarningPart
from lollms_client.types.message import Message, TextPart


def prompt_messages(prompt: str, images: Sequence[Any] | None = None, system_prompt: str | None = "") -> list[Message]:
    """A prompt, with images before it, and what the model is told first."""
    pictures = [image_part(image) for image in images or ()]
    asked = Message(role="user", parts=(*pictures, *([TextPart(text=prompt)] if prompt else [])))
    return [Message.system(system_prompt), asked] if system_prompt else [asked]


def answer(
    client: Any, messages: Any, given: Mapping[str, Any], callback: Callable[..., Any] | None = None
) -> ChatResult:
    """The model's answer. `callback(text, MSG_TYPE, facts)` hears it as it comes, and stops it by returning False.

    Raises the errors of `LollmsClient.chat`. Settings that were not honoured are told to the client's callback.
    """
    llm = client.binding("llm")
    said = {name: value for name, value in given.items() if value is not None}
    options = without_era_names(llm, {**_defaults(client, llm), **said}, "chat")
    running = state_of(client).running
    token = None
    if "cancel" not in options and not hasattr(client, "_token"):
        token = options["cancel"] = CancelToken()
        running.add(token)
        of_binding = remember(client.binding("llm"), token)
    try:
        result = _asked(client, messages, options, callback)
    finally:
        if token is not None:
            running.discard(token)
            of_binding.discard(token)
    report(client, result.warnings)
    return result


def _defaults(client: Any, llm: Any) -> dict[str, Any]:
    """What the application set for all calls of a binding of ours; classes of others have it from their base."""
    if not llm.speaks_flows:
        return {}
    config = client._choices["llm"].config
    return {name: config[name] for name in CALL_DEFAULTS & config.keys() if config[name] is not None}


def _asked(client: Any, messages: Any, options: dict[str, Any], callback: Callable[..., Any] | None) -> ChatResult:
    if callback is None:
        whole: ChatResult = client.chat(messages, **options)
        return whole
    told = adapted(_of_two(callback))
    with client.stream_chat(messages, **options) as stream:
        for part in stream:
            if not isinstance(part, WarningPart) and not tell_part(told, part):
                break
        partial: ChatResult = stream.partial
    return partial


def _of_two(callback: Callable[..., Any]) -> Callable[..., Any]:
    """A callback of any number of arguments is told the words and their kind, as bindings tell them."""
    try:
        kinds = {parameter.kind for parameter in inspect.signature(callback).parameters.values()}
    except (TypeError, ValueError):
        return callback
    if not kinds <= {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        return callback
    return lambda text, kind: callback(text, kind)


def takes_prompts(llm: Any) -> bool:
    """Whether the binding's class has a `generate_text` of its own, which gets prompts as they are given."""
    from lollms_client.lollms_llm_binding import is_plain

    return not llm.speaks_flows and is_plain(llm, "generate_text")


def answer_prompt(
    client: Any,
    prompt: str,
    images: Sequence[Any] | None,
    system_prompt: str | None,
    given: Mapping[str, Any],
    callback: Callable[..., Any] | None = None,
) -> ChatResult:
    """The answer to a single prompt; a binding that overrides `generate_text` is asked through that method."""
    if not takes_prompts(client.binding("llm")):
        return answer(client, prompt_messages(prompt, images, system_prompt), given, callback)
    pictures = [_as_text(image) for image in images or ()]
    extra = {"system_prompt": system_prompt or None, "images": pictures or None}
    return answer(client, [Message.user(prompt)], {**given, "prompt": prompt, **extra}, callback)


def _as_text(image: Any) -> str:
    """An image as the documented methods take it: base64 text, or the text that was given."""
    try:
        part = image_part(image)
    except BadMedia:
        if not isinstance(image, str):
            raise
        return image  # the binding may know what it is
    return part.media.base64() if part.media is not None else part.url or ""
