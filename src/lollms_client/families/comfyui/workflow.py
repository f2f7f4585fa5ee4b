"""A ComfyUI workflow in its API format, and which of its inputs our fields are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lollms_client.errors import BadSetting
from lollms_client.types.accounting import CallWarning

Place = tuple[str, str]  # a node's name, and one of its inputs

# our field: inputs that carry it, wherever they hold a value and no link
_BY_INPUT: dict[str, tuple[str, ...]] = {
    "seed": ("seed", "noise_seed"),
    "steps": ("steps",),
    "strength": ("denoise",),
    "fps": ("fps", "frame_rate"),
    "model": ("ckpt_name", "unet_name"),
}
_TEXTS = ("text", "prompt", "clip_l", "t5xxl", "text_g", "text_l")
_FILES = {"LoadImage": ("image", "image"), "LoadImageMask": ("mask", "image"), "LoadVideo": ("video", "file")}


class Workflow:
    """The nodes of a workflow with values to fill in. `places` maps our fields to inputs; `extra` adds or overrules."""

    def __init__(self, nodes: Any, extra: Mapping[str, Any] | None = None) -> None:
        if isinstance(nodes, Mapping) and isinstance(nodes.get("prompt"), Mapping):
            nodes = nodes["prompt"]
        if not isinstance(nodes, Mapping) or not nodes or not all(_is_node(node) for node in nodes.values()):
            raise BadSetting(
                "this is no workflow in ComfyUI's API format; in ComfyUI choose Workflow, Export (API)",
                setting="workflow",
            )
        self.nodes: dict[str, dict[str, Any]] = {
            str(name): {**node, "inputs": dict(node["inputs"])} for name, node in nodes.items()
        }
        self.warnings: list[CallWarning] = []
        self.places = self._found()
        for field, place in (extra or {}).items():
            self.places[str(field)] = [self.place(item) for item in ([place] if isinstance(place, str) else place)]

    @classmethod
    def load(cls, name: str, extra: Mapping[str, Any] | None = None) -> Workflow:
        """One of our own workflows by its name, or the user's file."""
        own = Path(__file__).parent / "workflows" / f"{name}.json"
        path = own if own.is_file() else Path(name).expanduser()
        try:
            return cls(json.loads(path.read_text(encoding="utf-8")), extra)
        except OSError as error:
            known = ", ".join(sorted(file.stem for file in own.parent.glob("*.json")))
            raise BadSetting(f"no workflow {name}: give a file, or one of {known}", setting="workflow") from error
        except ValueError as error:
            raise BadSetting(f"{path} is no JSON: {error}", setting="workflow") from error

    def place(self, text: str) -> Place:
        """An input written as `node.input`. Raises BadSetting where the workflow has no such node."""
        node, _, name = str(text).partition(".")
        if node not in self.nodes or not name:
            raise BadSetting(f"the workflow has no input {text}; write it as node.input", setting="inputs")
        return node, name

    def set(self, place: Place, value: Any) -> None:
        """Put a value into an input."""
        self.nodes[place[0]]["inputs"][place[1]] = value

    def put(self, field: str, value: Any, setting: str | None = None) -> bool:
        """Give one of our fields; a field that the workflow does not have is dropped with a warning."""
        if value is None:
            return True
        places = self.places.get(field, [])
        if not places:
            self.warn("dropped", setting or field, "the workflow has no such input")
            return False
        for place in places:
            self.set(place, value)
        return True

    def value(self, field: str) -> Any:
        """What the workflow holds for one of our fields, None where it has no such input."""
        places = self.places.get(field)
        return self.nodes[places[0][0]]["inputs"].get(places[0][1]) if places else None

    def warn(self, kind: Any, setting: str, detail: str) -> None:
        """Remember a warning."""
        self.warnings.append(CallWarning(kind=kind, setting=setting, detail=detail))

    # --- finding our fields ---

    def _found(self) -> dict[str, list[Place]]:
        places: dict[str, list[Place]] = {
            field: [place for name in names for place in self._values(name)] for field, names in _BY_INPUT.items()
        }
        places["model"] = places["model"][:1]
        places["guidance"] = [*self._values("guidance")] or [*self._values("cfg")]
        for name, node in sorted(self.nodes.items(), key=lambda item: (len(item[0]), item[0])):
            inputs = node["inputs"]
            if node["class_type"] in _FILES:
                field, own = _FILES[node["class_type"]]
                places.setdefault(field, []).append((name, own))
            elif _is_value(inputs.get("width")) and _is_value(inputs.get("height")) and "batch_size" in inputs:
                for field, own in (
                    ("width", "width"),
                    ("height", "height"),
                    ("count", "batch_size"),
                    ("frames", "length"),
                ):
                    if _is_value(inputs.get(own)):
                        places.setdefault(field, []).append((name, own))
        places["prompt"] = [*self._texts("positive")] or [*self._texts("conditioning")]
        places["negative_prompt"] = [place for place in self._texts("negative") if place not in places["prompt"]]
        if not places["prompt"]:
            every = [(n, t) for n, node in self.nodes.items() for t in _TEXTS if isinstance(node["inputs"].get(t), str)]
            places["prompt"] = every[:1]
        return {field: found for field, found in places.items() if found}

    def _values(self, name: str) -> Iterator[Place]:
        for node, row in self.nodes.items():
            if _is_value(row["inputs"].get(name)):
                yield node, name

    def _texts(self, name: str) -> Iterator[Place]:
        """The texts nearest above every link of that name."""
        waiting = [row["inputs"][name] for row in self.nodes.values() if _is_link(row["inputs"].get(name))]
        seen: set[str] = set()
        while waiting:
            node = str(waiting.pop(0)[0])
            if node in seen or node not in self.nodes:
                continue
            seen.add(node)
            inputs = self.nodes[node]["inputs"]
            texts = [(node, text) for text in _TEXTS if isinstance(inputs.get(text), str)]
            yield from texts
            if not texts:
                same = [inputs[name]] if _is_link(inputs.get(name)) else []
                waiting += same or [link for link in inputs.values() if _is_link(link)]


def _is_node(node: Any) -> bool:
    return isinstance(node, Mapping) and isinstance(node.get("inputs"), Mapping) and "class_type" in node


def _is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[1], int)


def _is_value(value: Any) -> bool:
    return value is not None and not _is_link(value)
