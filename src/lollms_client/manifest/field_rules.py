"""Reading the fields of a manifest: texts, flags, lists and mappings, each with the line of what is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lollms_client.errors import BadManifest
from lollms_client.manifest.values import FALSE_WORDS, TRUE_WORDS, shown
from lollms_client.manifest.yaml_nodes import Mapping, Node, Scalar, Sequence, plain

REQUIREMENT = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\s*(\[[A-Za-z0-9._,\s-]*\])?\s*"
    r"(@\s*\S.*|\(?\s*((~=|===?|!=|<=?|>=?)\s*[A-Za-z0-9._*+!-]+\s*,?\s*)*\)?\s*(;.*)?)"
)


def bad_manifest(file: Path | str, line: int, rule: str, cure: str) -> BadManifest:
    """The error for one broken rule."""
    return BadManifest(f"{file}, line {line}: {rule}; {cure}", file=str(file), line=line, rule=rule, cure=cure)


class ManifestReader:
    """Reads fields of one file, collects warnings, and makes errors that know file and line."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.warnings: list[str] = []

    def problem(self, line: int, rule: str, cure: str) -> BadManifest:
        """An error to raise."""
        return bad_manifest(self.file, line, rule, cure)

    def warn(self, line: int, text: str) -> None:
        """Note what was understood only by guessing."""
        self.warnings.append(f"line {line}: {text}")

    def text(self, node: Node | None, where: str) -> str:
        """A single text; what YAML took for a number or a date stays as it was written."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return ""
        if not isinstance(node, Scalar):
            kind = "a list" if isinstance(node, Sequence) else "a mapping"
            raise self.problem(node.line, f"{where} must be a text, not {kind}", "write one text, in quotes if need be")
        return node.text.strip()

    def flag(self, node: Node | None, where: str) -> bool | None:
        """True, false, or None where nothing stands."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return None
        if isinstance(node, Scalar):
            if isinstance(node.value, bool):
                return node.value
            word = node.text.strip().lower()
            if word in TRUE_WORDS or word in FALSE_WORDS:
                self.warn(node.line, f"{where}: {node.text!r} is read as {str(word in TRUE_WORDS).lower()}")
                return word in TRUE_WORDS
        raise self.problem(node.line, f"{where} must be true or false, not {shown(plain(node))}", "write true or false")

    def texts(self, node: Node | None, where: str) -> tuple[str, ...]:
        """A list of texts; a single text counts as a list of one."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return ()
        if isinstance(node, Scalar):
            return (self.text(node, where),) if node.text.strip() else ()
        if isinstance(node, Mapping):
            raise self.problem(node.line, f"{where} must be a list of texts, not a mapping", "write `- …` for each")
        found = []
        for item in node.items:
            text = self.text(item, f"each item of {where}")
            if not text:
                raise self.problem(item.line, f"{where} has an empty item", "fill it in or remove it")
            found.append(text)
        return tuple(found)

    def mapping(self, node: Node | None, where: str) -> dict[str, Any]:
        """A mapping, as plain values."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return {}
        if not isinstance(node, Mapping):
            raise self.problem(
                node.line, f"{where} must be a mapping, not {shown(plain(node))}", "write `key: value` lines"
            )
        found: dict[str, Any] = plain(node)
        return found

    def mappings(self, node: Node | None, where: str, *, key: str) -> tuple[dict[str, Any], ...]:
        """A list of mappings; an item that is only a text becomes `{key: text}`."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return ()
        if not isinstance(node, Sequence):
            raise self.problem(node.line, f"{where} must be a list", f"write `- {key}: …` for each")
        found = []
        for item in node.items:
            if isinstance(item, Sequence) or (isinstance(item, Scalar) and item.value is None):
                raise self.problem(item.line, f"each item of {where} must be a mapping", f"write `- {key}: …`")
            found.append({key: item.text} if isinstance(item, Scalar) else plain(item))
        return tuple(found)

    def links(self, node: Node | None) -> dict[str, str]:
        """Names with addresses; a list of addresses gets numbers as names."""
        if isinstance(node, Mapping):
            return {name: self.text(value, f"links: {name}") for name, value in node.values.items()}
        addresses = self.texts(node, "links")
        return {"home" if number == 0 else f"link {number + 1}": address for number, address in enumerate(addresses)}

    def requirements(self, node: Node | None) -> tuple[str, ...]:
        """Packages with their versions, as pip writes them; a mapping of name to version as pipmaster takes it."""
        if isinstance(node, Mapping):
            found = [
                (name + self._version(value, f"requirements: {name}"), value) for name, value in node.values.items()
            ]
        else:
            items = node.items if isinstance(node, Sequence) else [node] if node is not None else []
            texts = self.texts(node, "requirements")
            found = [*zip(texts, items, strict=False)]
        for text, item in found:
            is_text = isinstance(item, Mapping) or isinstance(node, Mapping) or isinstance(plain(item), str)
            if not is_text or not REQUIREMENT.fullmatch(text):
                rule = f"requirements: {shown(text)} is not a requirement"
                raise self.problem(item.line, rule, 'write it as pip takes it: "package>=1.2"')
        return tuple(text for text, _ in found)

    def _version(self, node: Node, where: str) -> str:
        if isinstance(node, Mapping):
            known = {key: self.text(value, f"{where}: {key}") for key, value in node.values.items()}
            return f" @ {known['vcs']}" if known.get("vcs") else known.get("condition") or known.get("version") or ""
        text = self.text(node, where)
        return f"=={text}" if text[:1].isdigit() else text
