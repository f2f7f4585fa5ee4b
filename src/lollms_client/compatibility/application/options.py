"""Keyword arguments of four eras: which of them a binding takes, and whom to tell of those that it does not."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from lollms_client.compatibility.application.state import callback_of
from lollms_client.discussion.callbacks import adapted
from lollms_client.lollms_types import MSG_TYPE
from lollms_client.types.accounting import CallWarning

ERA_NAMES = {
    "n_threads": "a setting of the binding, not of a call",
    "ctx_size": "a setting of the binding, not of a call",
    "stream": "a streaming_callback streams",
    "split": "only generate_text splits prompts",
    "user_keyword": "only generate_text splits prompts",
    "ai_keyword": "only generate_text splits prompts",
    "reasoning_summary": "the reasoning itself is told, where the model tells it",
    "videos": "films cannot be given to language models here",
    "debug": "logging tells what happens",
    "personality": "personalities are not part of this package",
    "use_mcps": "give the tools themselves (tools=)",
    "use_data_store": "give a tool that looks things up (tools=)",
    "max_reasoning_steps": "max_tool_rounds bounds the rounds of tools",
    "remove_thinking_blocks": "reasoning is kept apart from the answer",
}
_QUIET = frozenset({"stream", "debug"})
_logger = logging.getLogger("lollms_client")


def without_era_names(binding: Any, given: Mapping[str, Any], method: str) -> dict[str, Any]:
    """The options that are set, without names of earlier versions that this binding does not know.

    They stay for bindings that override the documented methods: what those take is seen from their signatures.
    """
    options = {name: value for name, value in given.items() if value is not None}
    _put_thinking(options)
    if not binding.speaks_flows:
        return options
    notes: list[CallWarning] = []
    taken = {item.name for item in binding.manifest.method(method)} if binding.manifest is not None else set()
    for name in [name for name in options if name in ERA_NAMES and name not in taken]:
        value = options.pop(name)
        if value and name not in _QUIET:
            notes.append(CallWarning(kind="dropped", setting=name, detail=ERA_NAMES[name]))
    if "think" not in taken:
        options.pop("think", None)
    report(None, notes)
    return options


def _put_thinking(options: dict[str, Any]) -> None:
    """`think=True` asks for reasoning; how much of it `reasoning_effort` says."""
    if options.get("think") is True:
        options.setdefault("reasoning_effort", "medium")


def report(client: Any, notes: Iterable[CallWarning]) -> None:
    """Tell the client's callback of settings that were not honoured, or the log where it has none."""
    callback = callback_of(client) if client is not None else None
    for note in notes:
        if callback is None:
            _logger.warning("%s", note)
        else:
            adapted(callback)(str(note), MSG_TYPE.MSG_TYPE_WARNING, {"setting": note.setting, "kind": note.kind})
