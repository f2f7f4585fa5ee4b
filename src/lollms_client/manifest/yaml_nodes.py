"""YAML text as a tree in which every value knows its line; anything unsafe or endless is refused with a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MAXIMUM_BYTES = 1_000_000
MAXIMUM_DEPTH = 50
MAXIMUM_NODES = 50_000

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_COLLECTION_TAGS = (None, "!", _TAG + "seq", _TAG + "map")
_TEXT_TAGS = {_TAG + "str", _TAG + "timestamp", "!"}


class YamlProblem(Exception):
    """What is wrong with a YAML text, in which line (counted from 1), and how to mend it."""

    def __init__(self, line: int, rule: str, cure: str) -> None:
        super().__init__(rule)
        self.line, self.rule, self.cure = line, rule, cure


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; `text` is how it stands in the file."""

    line: int
    value: Any
    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    line: int
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values; `lines` holds each key's own line."""

    line: int
    values: dict[str, Node] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """The node as ordinary Python values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.values.items()}


def read_file(path: Path) -> Node | None:
    """The tree of a file; None if it holds nothing. OSError where it cannot be read, YamlProblem where it is wrong."""
    with path.open("rb") as stream:
        data = stream.read(MAXIMUM_BYTES + 1)
    return read_text(decode(data))


def decode(data: bytes) -> str:
    """The text of a YAML file: UTF-8, or UTF-16 with its byte order mark."""
    if len(data) > MAXIMUM_BYTES:
        raise YamlProblem(1, f"the file is larger than {MAXIMUM_BYTES} bytes", "keep data out of this file")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlProblem(line, f"the text is not {encoding[:5].upper()}", "save the file as UTF-8") from error


def read_text(text: str) -> Node | None:
    """The tree of a YAML text; None if it holds nothing."""
    try:
        return _Builder(text).document()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlProblem(line, "the file holds a control character", "remove it, or write it as an escape") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        said = " ".join(part for part in (error.context, error.problem) if part)
        raise YamlProblem(line, f"this is not valid YAML: {said}", _syntax_cure(text, line)) from error
    except yaml.YAMLError as error:
        raise YamlProblem(1, f"this is not valid YAML: {error}", "check the file with a YAML editor") from error


def _syntax_cure(text: str, line: int) -> str:
    lines = text.splitlines()
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in here[: len(here) - len(here.lstrip())]:
        return "indent with spaces, not with tabs"
    if here.count(": ") > 1 or (":" in here and "'" in here):
        return "put a text that holds a colon, a quote or a # into double quotes"
    return "check the indentation and the quotes of this line and of the one before"


class _Builder:
    """Builds the tree from the parser's events, without recursion limits of the parser's own."""

    def __init__(self, text: str) -> None:
        self.loader = _LOADER(text)
        self.anchors: dict[str, Node | None] = {}  # None: still being built
        self.count = 0

    def document(self) -> Node | None:
        root: Node | None = None
        documents = 0
        while True:
            event = self.loader.get_event()
            if isinstance(event, yaml.StreamEndEvent):
                return root
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlProblem(self.line(event), "the file holds several documents", "remove the line `---`")
                root = self.node(self.loader.get_event(), 0)
                if isinstance(root, Scalar) and root.value is None:
                    root = None

    @staticmethod
    def line(event: Any) -> int:
        return int(event.start_mark.line) + 1

    def node(self, event: Any, depth: int) -> Node:
        self.count += 1
        if depth > MAXIMUM_DEPTH:
            raise YamlProblem(self.line(event), f"the file is nested deeper than {MAXIMUM_DEPTH}", "make it flatter")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        if event.anchor:
            self.anchors[event.anchor] = None
        node = self.unnamed_node(event, depth)
        if self.count > MAXIMUM_NODES:
            raise YamlProblem(self.line(event), f"the file has more than {MAXIMUM_NODES} values", "keep data elsewhere")
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def unnamed_node(self, event: Any, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if event.tag not in _COLLECTION_TAGS:
            tag = event.tag.replace(_TAG, "!!")
            raise YamlProblem(self.line(event), f"the tag {tag} is not allowed", "write a plain list or mapping")
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, depth)
        return self.mapping(event, depth)

    def alias(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            raise YamlProblem(self.line(event), f"there is no anchor &{event.anchor}", "define it before it is used")
        node = self.anchors[event.anchor]
        if node is None:
            raise YamlProblem(self.line(event), f"the anchor &{event.anchor} holds itself", "write the value out")
        self.count += _size(node)
        return node

    def scalar(self, event: Any) -> Scalar:
        tag = event.tag
        if tag is None or tag == "!":
            tag = self.loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        line = self.line(event)
        if tag in _TEXT_TAGS or tag == _TAG + "merge" or tag == _TAG + "value":
            return Scalar(line, event.value, event.value)
        if tag not in _CONSTRUCTORS:
            raise YamlProblem(line, f"the tag {tag.replace(_TAG, '!!')} is not allowed", "write a plain value")
        try:
            value = _CONSTRUCTORS[tag](self.loader, yaml.ScalarNode(tag, event.value))
        except (ValueError, KeyError, IndexError, OverflowError, ArithmeticError) as error:
            kind = tag.replace(_TAG, "")
            raise YamlProblem(line, f"{event.value!r:.60} is not a valid {kind}", "put it into quotes") from error
        return Scalar(line, value, event.value)

    def sequence(self, event: Any, depth: int) -> Sequence:
        items: list[Node] = []
        line = self.line(event)
        while not isinstance(event := self.loader.get_event(), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return Sequence(line, items)

    def mapping(self, event: Any, depth: int) -> Mapping:
        made = Mapping(self.line(event))
        merged: list[Mapping] = []
        while not isinstance(event := self.loader.get_event(), yaml.MappingEndEvent):
            line = self.line(event)
            is_merge = isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]
            key = self.node(event, depth + 1)
            value = self.node(self.loader.get_event(), depth + 1)
            if is_merge:
                merged += self.merge_sources(value)
                continue
            if not isinstance(key, Scalar):
                raise YamlProblem(line, "a key is a list or a mapping", "use a plain word as the key")
            if key.text in made.values:
                first = made.lines[key.text]
                raise YamlProblem(
                    line, f"the key {key.text!r} stands twice (first in line {first})", "remove one of them"
                )
            made.values[key.text], made.lines[key.text] = value, line
        for source in merged:
            for name, value in source.values.items():
                made.values.setdefault(name, value)
                made.lines.setdefault(name, source.lines[name])
        return made

    @staticmethod
    def merge_sources(value: Node) -> list[Mapping]:
        sources = value.items if isinstance(value, Sequence) else [value]
        found = [item for item in sources if isinstance(item, Mapping)]
        if len(found) != len(sources):
            raise YamlProblem(value.line, "`<<` merges something that is not a mapping", "merge an anchored mapping")
        return found


def _size(node: Node) -> int:
    if isinstance(node, Scalar):
        return 1
    children = node.items if isinstance(node, Sequence) else node.values.values()
    return 1 + sum(map(_size, children))


_SAFE = yaml.constructor.SafeConstructor
_CONSTRUCTORS: dict[str, Any] = {
    _TAG + "null": _SAFE.construct_yaml_null,
    _TAG + "bool": _SAFE.construct_yaml_bool,
    _TAG + "int": _SAFE.construct_yaml_int,
    _TAG + "float": _SAFE.construct_yaml_float,
}
