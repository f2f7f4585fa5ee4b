"""Settings that every binding has without naming them in its manifest: in which process it runs, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from lollms_client.errors import BadSetting
from lollms_client.manifest.model import Manifest, Parameter
from lollms_client.settings.resolution import resolve_settings

RESERVED: tuple[Parameter, ...] = (
    Parameter(
        name="isolation",
        description="Where the binding runs: none (in this process), process (in a worker process), environment (in a "
        "worker process with a Python environment of its own, made from its requirements).",
        default="none",
        options=("none", "process", "environment"),
    ),
    Parameter(
        name="isolation_python",
        description="The Python of the binding's own environment: a version such as 3.12, or a path.",
        default="",
    ),
    Parameter(
        name="isolation_grace",
        type="float",
        description="How long a cancelled call may take to end by itself before its worker process is killed.",
        default=2.0,
        min=0.0,
        unit="seconds",
    ),
    Parameter(
        name="isolation_idle",
        type="float",
        description="After how long without a call the worker process is ended; 0 keeps it until it is closed.",
        default=0.0,
        min=0.0,
        unit="seconds",
    ),
    Parameter(
        name="isolation_enforce_reach",
        type="bool",
        description="Refuse hosts, processes and files that the manifest does not declare under reach. A seat belt "
        "against mistakes, no prison for malice.",
        default=False,
    ),
    Parameter(
        name="isolation_allow_builds",
        type="bool",
        description="Let packages of the binding's own environment be built from source, which runs their code.",
        default=False,
    ),
)
RECORDING: tuple[Parameter, ...] = (  # given where the binding is made; they are neither saved nor read from variables
    Parameter(
        name="record_to",
        description="Make all calls, and write them into the recording at this path.",
    ),
    Parameter(
        name="record_missing_to",
        description="Replay the calls that the recording at this path holds; make the others, and write them into it.",
    ),
    Parameter(
        name="replay_from",
        description="Replay the calls of the recording at this path, and make none.",
    ),
)
RESERVED_NAMES = frozenset(item.name for item in RESERVED)


class Isolation(msgspec.Struct, frozen=True, kw_only=True):
    """Where a binding runs. Times in seconds; `idle` 0 means never."""

    kind: Literal["none", "process", "environment"] = "none"
    python: str = ""
    grace: float = 2.0
    idle: float = 0.0
    enforce_reach: bool = False
    allow_builds: bool = False


def reserved_parameters(manifest: Manifest) -> tuple[Parameter, ...]:
    """The reserved settings of a binding: all but those whose names its own manifest uses."""
    return tuple(item for item in RESERVED if manifest.setting(item.name) is None)


def recording_parameters(manifest: Manifest) -> tuple[Parameter, ...]:
    """The settings by which a binding is recorded and replayed: all but those whose names its own manifest uses."""
    return tuple(item for item in RECORDING if manifest.setting(item.name) is None)


def known_setting(manifest: Manifest, name: str) -> Parameter | None:
    """A setting of the manifest, or a reserved one."""
    return manifest.setting(name) or next((item for item in RESERVED if item.name == name), None)


def split_isolation(manifest: Manifest, given: Mapping[str, Any], **sources: Any) -> tuple[Isolation, dict[str, Any]]:
    """Where the binding is to run, and the given settings without the reserved ones.

    They come from arguments, variables such as LOLLMS_<BINDING>_ISOLATION and the saved configuration; `sources` are
    those of `resolve_settings`. Raises BadSetting.
    """
    parameters = reserved_parameters(manifest)
    names = {item.name for item in parameters}
    alone = msgspec.structs.replace(manifest, input_parameters=parameters)
    reserved = resolve_settings(alone, {name: given[name] for name in names & given.keys()}, **sources)
    values = {name.removeprefix("isolation_"): value for name, value in reserved.items() if name in names}
    kind = values.pop("isolation", "none")
    isolation = Isolation(kind=kind, **values)
    if isolation.python and kind != "environment":
        raise BadSetting(
            f"the setting 'isolation_python' of {manifest.name} needs isolation: environment; "
            "a worker process without an environment of its own runs this process's Python",
            binding=manifest.name, setting="isolation_python",
        )  # fmt: skip
    return isolation, {name: value for name, value in given.items() if name not in names}
