"""The few calls that a real service is tried with: each of its kinds of calls once, as small as can be."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lollms_client.manifest import Manifest, Parameter
from lollms_client.testing.engine_plan import Planned, allowed, parameters_of, plan

_SMALL_ANSWER = 16  # tokens; some services refuse less
_SMALL_SIDE = 256  # pixels


def live_plan(manifest: Manifest, methods: Collection[str]) -> list[Planned]:
    """The calls to be made; lists of models and voices, which cost nothing, first."""
    found: dict[str, Planned] = {}
    for planned in plan(manifest, methods):
        if planned.call not in found:
            options = _options(manifest, planned.method)
            found[planned.call] = planned._replace(title=planned.call, options=options)
    free = [planned for name, planned in found.items() if name in ("models", "voices")]
    return free + [planned for name, planned in found.items() if name not in ("models", "voices")]


def _options(manifest: Manifest, method: str) -> dict[str, Any]:
    """Only what bounds the cost, and only where the manifest says what the service takes."""
    found: dict[str, Any] = {}
    for parameter in parameters_of(manifest, method):
        if parameter.name in ("max_tokens", "n_predict"):
            found[parameter.name] = allowed(parameter, _SMALL_ANSWER)
        elif parameter.name in ("count", "n", "seconds", "duration", "steps") and _bounded(parameter):
            found[parameter.name] = allowed(parameter, 1)
        elif parameter.name in ("width", "height") and _bounded(parameter):
            found[parameter.name] = allowed(parameter, _SMALL_SIDE)
    return found


def _bounded(parameter: Parameter) -> bool:
    return parameter.type in ("int", "float") and (bool(parameter.options) or parameter.min is not None)
