"""Reading `reach` of a manifest: three lists of texts, hosts among them without scheme and path."""

from __future__ import annotations

from typing import Any

from lollms_client.manifest.field_rules import ManifestReader
from lollms_client.manifest.reach import HOST, REACH_KINDS
from lollms_client.manifest.values import near_names, shown
from lollms_client.manifest.yaml_nodes import Mapping, Node, Sequence, plain


def read_reach(reader: ManifestReader, node: Node | None) -> dict[str, Any]:
    """The declared hosts, paths and processes. A key that stands there with nothing says that there is none.

    Raises BadManifest for another key (a declaration that is not understood would protect nobody), and for a host
    that is an address with scheme or path.
    """
    reader.mapping(node, "reach")  # BadManifest unless it is one
    if not isinstance(node, Mapping):
        return {}
    found: dict[str, Any] = {}
    for key, value in node.values.items():
        if key.startswith("x-"):
            found[key] = plain(value)
            continue
        if key not in REACH_KINDS:
            near = near_names(key, REACH_KINDS, limit=1)
            hint = f"write {near[0]}" if near else f"use {', '.join(REACH_KINDS)}"
            raise reader.problem(node.lines[key], f"reach: the key {shown(key)} is unknown", hint)
        texts = reader.texts(value, f"reach: {key}")
        if key == "hosts":
            _check_hosts(reader, value, texts)
        found[key] = list(texts)
    return found


def _check_hosts(reader: ManifestReader, node: Node, texts: tuple[str, ...]) -> None:
    items = node.items if isinstance(node, Sequence) else [node]
    for item, text in zip(items, texts, strict=False):
        if HOST.fullmatch(text):
            continue
        bare = text.partition("://")[2].partition("/")[0].rpartition("@")[2] or text.partition("/")[0]
        cure = f"write the host alone: {bare}" if HOST.fullmatch(bare) else "write it as api.example.com"
        raise reader.problem(item.line, f"reach: {shown(text)} is not a host", cure)
