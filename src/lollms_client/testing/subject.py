"""The binding that is checked: its folder, manifest, source, and what a fresh process saw of it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lollms_client.errors import BadSetting, ConfigurationError, UnknownBinding
from lollms_client.manifest import BINDING_TYPES, Manifest
from lollms_client.manifest.values import near_names
from lollms_client.python_source import parse
from lollms_client.registry import BindingEntry, Registry
from lollms_client.testing.evidence import Evidence, collect
from lollms_client.testing.rules import NotApplicable

if TYPE_CHECKING:
    from lollms_client.testing.cases import CaseSet
    from lollms_client.testing.equality_evidence import EqualityEvidence
    from lollms_client.testing.live_costs import Terms
    from lollms_client.testing.live_evidence import LiveEvidence
    from lollms_client.testing.steady_evidence import SteadyEvidence
    from lollms_client.testing.wire_evidence import WireEvidence


class Subject:
    """One binding under test. What costs time is found out when a rule first asks for it, and once."""

    def __init__(self, name: str, binding_type: str, folder: Path, problem: ConfigurationError | None) -> None:
        self.name = name
        self.binding_type = binding_type
        self.folder = folder
        self.problem = problem
        self.terms: Terms | None = None  # on which the real service may be called; None: not at all

    @functools.cached_property
    def manifest(self) -> Manifest:
        """The manifest. Raises NotApplicable where it cannot be read, which a rule of its own reports."""
        from lollms_client.manifest import derive_manifest, load_manifest

        try:
            path = self.folder / "description.yaml"
            return load_manifest(path) if path.is_file() else derive_manifest(self.folder)
        except ConfigurationError as error:
            raise NotApplicable("the manifest cannot be read") from error

    @functools.cached_property
    def derived(self) -> Manifest:
        """What the source alone tells. Raises NotApplicable where it cannot be parsed, which M101 reports."""
        from lollms_client.manifest import derive_manifest

        try:
            return derive_manifest(self.folder)
        except ConfigurationError as error:
            raise NotApplicable("the source cannot be parsed") from error

    @functools.cached_property
    def raw(self) -> dict[str, Any]:
        """The keys of description.yaml as they stand there; empty without one.

        Raises NotApplicable where it is no YAML, which M101 reports.
        """
        from lollms_client.manifest.yaml_nodes import YamlProblem, plain, read_file

        try:
            root = read_file(self.folder / "description.yaml")
        except OSError:
            return {}
        except YamlProblem as problem:
            raise NotApplicable("the manifest cannot be read") from problem
        values = plain(root) if root is not None else {}
        return values if isinstance(values, dict) else {}

    @functools.cached_property
    def trees(self) -> list[tuple[Path, ast.Module]]:
        """The parsed Python files of the folder that can be parsed."""
        found: list[tuple[Path, ast.Module]] = []
        for file in sorted(self.folder.rglob("*.py")):
            if file.name.startswith("test_") or "tests" in file.relative_to(self.folder).parts:
                continue
            try:
                found.append((file, parse(file.read_bytes(), str(file))))
            except (OSError, SyntaxError, ValueError):
                continue
        return found

    @functools.cached_property
    def evidence(self) -> Evidence:
        """What happened when a fresh process imported, made and called the binding."""
        if self.problem is not None or not self.binding_type:
            raise NotApplicable("it cannot be loaded while its manifest or source is wrong")
        return collect(self.folder, self.name, self.binding_type)

    @functools.cached_property
    def cases(self) -> CaseSet:
        """The wire cases. Raises BadManifest where they cannot be read, which W101 reports."""
        from lollms_client.testing.cases_reading import read_cases

        return read_cases(self.folder, self.binding_type, self.manifest.capabilities)

    @functools.cached_property
    def wire(self) -> WireEvidence:
        """What happened when a fresh process played the wire cases."""
        from lollms_client.testing.wire_evidence import collect_wire

        return collect_wire(self.folder, self.name, self.binding_type)

    @functools.cached_property
    def steady(self) -> SteadyEvidence:
        """What happened when a fresh process answered its calls well, again and again."""
        from lollms_client.testing.steady_evidence import collect_steady

        return collect_steady(self.folder, self.name, self.binding_type)

    @functools.cached_property
    def live(self) -> LiveEvidence:
        """What happened when a fresh process called the real service, on `terms`."""
        from lollms_client.testing.live_costs import Terms
        from lollms_client.testing.live_evidence import collect_live

        return collect_live(self.folder, self.name, self.binding_type, self.terms or Terms(limit=0.0))

    @functools.cached_property
    def equality(self) -> EqualityEvidence:
        """What came of the same calls made in several ways."""
        from lollms_client.testing.equality_evidence import collect_equality

        return collect_equality(self.folder, self.name, self.binding_type)

    def setting_names(self) -> Iterator[str]:
        """The names of all settings."""
        return (parameter.name for parameter in self.manifest.input_parameters)


def find_subject(binding: str | Path) -> Subject:
    """The binding of that name (`tts.espeak` where several modalities have it), or in that folder or file.

    Raises UnknownBinding or BadSetting.
    """
    path = Path(binding)
    if path.name == "__init__.py" and path.is_file():
        path = path.parent
    if path.is_dir() and ((path / "__init__.py").exists() or (path / "description.yaml").exists()):
        return _in_folder(path.absolute())
    return _by_name(str(binding))


def _in_folder(folder: Path) -> Subject:
    registry = Registry(bindings_dirs=(folder,))
    for entry in registry.list():
        if entry.folder.absolute() == folder:
            return _of_entry(entry)
    for problem in registry.problems():
        if problem.folder.absolute() == folder:
            return Subject(folder.name, problem.binding_type, folder, problem.error)
    problem_text = f"no class of a known modality was found in {folder}; derive the class from one of the six bases"
    return Subject(folder.name, "", folder, BadSetting(problem_text, setting="binding_type"))


def _by_name(name: str) -> Subject:
    registry = Registry()
    kind, dot, rest = name.partition(".")
    typed = bool(dot) and kind in BINDING_TYPES
    wanted = rest if typed else name
    found = [item for item in registry.list(kind if typed else None) if item.name == wanted]
    if len(found) > 1:
        raise BadSetting(f"{name!r} is a binding of several modalities: say {' or '.join(map(_full, found))}")
    if not found:
        near = near_names(wanted, sorted({item.name for item in registry.list()}))
        hint = f"; did you mean {' or '.join(near)}?" if near else "; give a name that `lollms list` shows, or a folder"
        raise UnknownBinding(f"there is no binding {name!r}{hint}", binding=name)
    return _of_entry(found[0])


def _full(entry: BindingEntry) -> str:
    return f"{entry.binding_type}.{entry.name}"


def _of_entry(entry: BindingEntry) -> Subject:
    return Subject(entry.name, entry.binding_type, entry.folder.absolute(), entry.problem)
