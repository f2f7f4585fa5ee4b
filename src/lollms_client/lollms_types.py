"""The event kinds and completion formats that bindings for LoLLMS exchange with their callers."""

from __future__ import annotations

from enum import Enum


class MSG_TYPE(Enum):  # noqa: N801 (the name is part of the documented contract)
    """What a streaming callback is told; bindings send CHUNK, THOUGHT_CHUNK, EXCEPTION and FINISHED_MESSAGE."""

    MSG_TYPE_CHUNK = 0
    MSG_TYPE_CONTENT = 1
    MSG_TYPE_CONTENT_INVISIBLE_TO_AI = 2
    MSG_TYPE_CONTENT_INVISIBLE_TO_USER = 3
    MSG_TYPE_THOUGHT_CHUNK = 4
    MSG_TYPE_THOUGHT_CONTENT = 5
    MSG_TYPE_EXCEPTION = 6
    MSG_TYPE_WARNING = 7
    MSG_TYPE_INFO = 8
    MSG_TYPE_STEP = 9
    MSG_TYPE_STEP_START = 10
    MSG_TYPE_STEP_PROGRESS = 11
    MSG_TYPE_STEP_END = 12
    MSG_TYPE_JSON_INFOS = 13
    MSG_TYPE_REF = 14
    MSG_TYPE_CODE = 15
    MSG_TYPE_UI = 16
    MSG_TYPE_NEW_MESSAGE = 17
    MSG_TYPE_FINISHED_MESSAGE = 18
    MSG_TYPE_TOOL_CALL = 19
    MSG_TYPE_TOOL_OUTPUT = 20
    MSG_TYPE_REASONING = 21
    MSG_TYPE_SCRATCHPAD = 22
    MSG_TYPE_OBSERVATION = 23
    MSG_TYPE_ERROR = 24
    MSG_TYPE_GENERATING_TITLE_START = 25
    MSG_TYPE_GENERATING_TITLE_END = 26
    MSG_TYPE_SOURCES_LIST = 27
    MSG_TYPE_INIT_PROGRESS = 28
    MSG_TYPE_ARTEFACTS_STATE_CHANGED = 29
    MSG_TYPE_TOOLS_LIST = 30
    MSG_TYPE_CONTEXT_COMPRESSION = 31
    MSG_TYPE_SWARM_AGENT_START = 32
    MSG_TYPE_SWARM_AGENT_END = 33
    MSG_TYPE_SWARM_ROUND_START = 34
    MSG_TYPE_SWARM_ROUND_END = 35
    MSG_TYPE_SWARM_HLF = 36
    MSG_TYPE_SWARM_CONSENSUS = 37
    MSG_TYPE_ARTEFACT_CHUNK = 38
    MSG_TYPE_ARTEFACT_DONE = 39
    MSG_TYPE_NOTE_CHUNK = 40
    MSG_TYPE_NOTE_DONE = 41
    MSG_TYPE_SKILL_CHUNK = 42
    MSG_TYPE_SKILL_DONE = 43
    MSG_TYPE_WIDGET_CHUNK = 44
    MSG_TYPE_WIDGET_DONE = 45
    MSG_TYPE_FORM_READY = 46
    MSG_TYPE_FORM_SUBMITTED = 47
    MSG_TYPE_CODING_PLAN_CHUNK = 48
    MSG_TYPE_CODING_PLAN_DONE = 49
    MSG_TYPE_TOOL_START = 50
    MSG_TYPE_TOOL_END = 51
    MSG_TYPE_ARTEFACT_BUILD_START = 52
    MSG_TYPE_ARTEFACT_BUILD_END = 53
    MSG_TYPE_CONTEXT_UPDATE = 54
    MSG_TYPE_ARTEFACT_SYMBOL_DETECTED = 55
    MSG_TYPE_SCRATCHPAD_UPDATE = 56
    MSG_TYPE_ROUND_START = 57
    MSG_TYPE_ROUND_END = 58
    MSG_TYPE_WORKER_SPAWN_START = 59
    MSG_TYPE_WORKER_SPAWN_END = 60
    MSG_TYPE_AGENT_SPAWN = 61


class SENDER_TYPES(Enum):  # noqa: N801 (the name is part of the documented contract)
    """Who speaks."""

    SENDER_TYPES_USER = 0
    SENDER_TYPES_AI = 1
    SENDER_TYPES_SYSTEM = 2


class SUMMARY_MODE(Enum):  # noqa: N801 (the name is part of the documented contract)
    """How a long text is summed up; both names mean the same."""

    SUMMARY_MODE_SEQUENCIAL = 0
    SUMMARY_MODE_HIERARCHICAL = 0  # noqa: PIE796 (the public name for the same)


class ELF_COMPLETION_FORMAT(Enum):  # noqa: N801 (the name is part of the documented contract)
    """How a prompt reaches a model: as one text to be completed, or as chat messages."""

    Instruct = 0
    Chat = 1

    @classmethod
    def from_string(cls, format_string: str) -> ELF_COMPLETION_FORMAT:
        """Find a format by its name, whatever its case. Raises ValueError for another name."""
        for member in cls:
            if member.name.lower() == format_string.strip().lower():
                return member
        raise ValueError(f"no completion format {format_string!r}: use one of {[member.name for member in cls]}")

    def __str__(self) -> str:
        return self.name
