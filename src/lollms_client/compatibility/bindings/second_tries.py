"""Second tries of calls that break in a binding's own code: the whole answer for a stream, the SDK's own calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lollms_client.compatibility.bindings.faults import is_its_own_fault, says_own_fault, words_of_reply
from lollms_client.lollms_types import MSG_TYPE

_STREAMING = ("streaming_callback", "stream")


def whole_where_streams_break(
    binding: Any, name: str, call: Callable[..., Any], given: dict[str, Any], told: list[Any]
) -> Any:
    """Call with the callback in `given`; where the code breaks before a word is told, call without, and tell it all.

    Bindings whose streams broke once are asked for whole answers from then on.
    """
    broken: set[str] = vars(binding).setdefault("_broken_streams", set())
    callback = given["streaming_callback"]
    if name not in broken:
        try:
            reply = call(**given)
        except Exception as error:
            if told or not is_its_own_fault(error):
                raise
        else:
            if told or not (reply == "" or (isinstance(reply, Mapping) and says_own_fault(words_of_reply(reply)))):
                return reply
    reply = call(**{key: value for key, value in given.items() if key not in _STREAMING})
    if isinstance(reply, str) and reply:
        broken.add(name)
        callback(reply, MSG_TYPE.MSG_TYPE_CHUNK)
    return reply


def embedded_by_sdk(binding: Any, text: Any, model: str | None) -> list[float] | None:
    """The vector by the SDK object that a binding holds as `client`; None where that makes none."""
    create = getattr(getattr(getattr(binding, "client", None), "embeddings", None), "create", None)
    if not callable(create) or not isinstance(text, str):
        return None
    name = model or getattr(binding, "embedding_model", None) or "mistral-embed"
    for texts in ("inputs", "input"):
        try:
            reply = create(**{"model": name, texts: [text]})
        except TypeError:
            continue
        return [float(number) for number in reply.data[0].embedding]
    return None
