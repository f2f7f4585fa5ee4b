"""From a request's parameters to a body's fields: what is sent, renamed, clamped or left out, each with a warning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lollms_client.families.openai_compatible.facts import ModelFacts
from lollms_client.manifest.model import Parameter
from lollms_client.types.accounting import CallWarning

if TYPE_CHECKING:
    from lollms_client.families.openai_compatible.service import OpenAICompatible

# parameters of a call that steer this side and are no fields of a body
OF_THIS_SIDE = frozenset({"wire", "extra_body", "model"})
_CONSTANTS = {"true": True, "false": False}
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


class Parameters:
    """The parameters of one call: reads them from the request, and keeps what was not honoured in `warnings`."""

    def __init__(self, binding: OpenAICompatible, request: Any, method: str, model: str) -> None:
        self.binding = binding
        self.request = request
        self.method = method
        self.model = model
        self.facts: ModelFacts | None = binding.facts(model)
        self.warnings: list[CallWarning] = []
        manifest = binding.manifest
        self.declared: dict[str, Parameter] = {p.name: p for p in manifest.method(method)} if manifest else {}
        self.open = not self.declared  # a manifest that says nothing of the method lets everything pass

    def named(self) -> dict[str, Any]:
        """The beginning of a body: the model, where one is named."""
        return {"model": self.model} if self.model else {}

    def warn(self, kind: Any, setting: str, detail: str) -> None:
        """Note that a setting was not honoured as given."""
        self.warnings.append(CallWarning(kind=kind, setting=setting, detail=detail))

    def take(self, name: str) -> Any:
        """The value of a common field that the service takes, within its bounds; None where nothing is to be sent."""
        value = getattr(self.request, name)
        if value is None or value == ():
            return None
        return self.allowed(name, value)

    def allowed(self, name: str, value: Any) -> Any:
        """The value as the service and the model take it, None (with a warning) where they do not."""
        if not self.open and name not in self.declared:
            self.warn("dropped", name, f"{self.binding.binding_name} does not take it")
            return None
        facts = self.facts
        if facts is not None and (name in facts.refuses or self._refused_while_reasoning(name, facts)):
            reason = "" if name in facts.refuses else " unless reasoning_effort is none"
            self.warn("dropped", name, f"the model {self.model} does not take it{reason}")
            return None
        value = self._within_options(name, value)
        return self._within_range(name, value)

    def _refused_while_reasoning(self, name: str, facts: ModelFacts) -> bool:
        if name not in facts.refuses_while_reasoning:
            return False
        effort = getattr(self.request, "reasoning_effort", None)
        return facts.reasons_by_default if effort is None else effort != "none"

    def _within_options(self, name: str, value: Any) -> Any:
        accepted = self.facts.accepts.get(name) if self.facts else None
        parameter = self.declared.get(name)
        options = accepted or (parameter.options if parameter else ())
        if not options or value in options or not isinstance(value, str):
            return value
        nearest = _nearest(value, options)
        self.warn("replaced", name, f"{value!r} is not offered, {nearest!r} is sent")
        return nearest

    def _within_range(self, name: str, value: Any) -> Any:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return value
        parameter = self.declared.get(name)
        low, high = (parameter.min, parameter.max) if parameter else (None, None)
        if self.facts and name in self.facts.range:
            low, high = self.facts.range[name]
        bounded = value
        if low is not None and value < low:
            bounded = type(value)(low)
        elif high is not None and value > high:
            bounded = type(value)(high)
        if bounded != value:
            self.warn("clamped", name, f"{value} is out of range, {bounded} is sent")
        return bounded

    def wire_name(self, name: str, usual: str | None = None) -> str:
        """The service's name of a parameter: the model's facts come before the service's quirks."""
        renamed = self.facts.renames.get(name) if self.facts else None
        return renamed or self.binding.quirks.renames.get(name) or usual or name

    def common(self, names: Mapping[str, str]) -> dict[str, Any]:
        """The fields of a body for common fields of the request; `names`: our name to the wire's."""
        body: dict[str, Any] = {}
        for name, usual in names.items():
            value = self.take(name) if getattr(self.request, name) is not None else None
            if value is None:
                continue
            path, _, constant = self.binding.quirks.renames.get(f"{name}={value}", "").partition("=")
            if path:
                put(body, path, _CONSTANTS.get(constant, constant))
            else:
                put(body, self.wire_name(name, usual), value)
        return body

    def own(self, *, leave: Iterable[str] = ()) -> dict[str, Any]:
        """The fields for the service's own parameters: given in the call, or the manifest's default.

        `leave` names those that the caller of this method reads itself.
        """
        body: dict[str, Any] = {}
        left = OF_THIS_SIDE.union(leave, self.request.__struct_fields__)
        given = {**self.binding.defaults_of(self.method), **self.request.extra}
        for name, value in given.items():
            if name in left or value is None:
                continue
            value = self.allowed(name, value)
            if value is not None:
                put(body, self.wire_name(name), value)
        return body

    def drop(self, names: Iterable[str], reason: str) -> None:
        """Warn of each of these common fields that the request gives."""
        for name in names:
            value = getattr(self.request, name, None)
            if value is not None and value != ():
                self.warn("dropped", name, reason)


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Set a field of a body; dots in the path lead into nested mappings."""
    *parents, last = path.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[last] = value


def _nearest(value: str, options: tuple[Any, ...]) -> Any:
    efforts = [option for option in options if option in _EFFORTS]
    if value in _EFFORTS and efforts:
        place = _EFFORTS.index(value)
        return min(efforts, key=lambda option: (abs(_EFFORTS.index(option) - place), -_EFFORTS.index(option)))
    return options[0]
