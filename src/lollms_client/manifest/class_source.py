"""Finds the binding's class and its modality by parsing the source, following imports, without running anything."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lollms_client.manifest.model import BINDING_TYPES, PACKAGE_FOLDER
from lollms_client.python_source import parse

PACKAGE = "lollms_client"
_BASE_CLASS = re.compile(rf"Lollms({'|'.join(item.upper() for item in BINDING_TYPES)})Binding")
_MAXIMUM_SOURCE = 5_000_000
_DEEPEST = 12


@dataclass(slots=True)
class ModuleSource:
    """One parsed module: its classes, and what its imported and assigned names stand for."""

    file: Path
    tree: ast.Module
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> (module, attribute or "")
    stars: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)  # module-level text constants
    aliases: dict[str, ast.expr] = field(default_factory=dict)  # Base = t.LollmsTTSBinding


@dataclass(frozen=True, slots=True)
class FoundClass:
    """The binding's class: its name, where it stands, its modality ("" if unknown)."""

    name: str
    binding_type: str
    node: ast.ClassDef
    module: ModuleSource


def binding_type_of(folder: Path | str) -> str:
    """The modality that the class in a binding's folder derives from, "" where that cannot be told.

    Follows import aliases, classes of the folder's other modules and the families of this package. Where that leads
    nowhere, and where there is a syntax error, the one base class that the text names decides.
    """
    file = Path(folder) / "__init__.py"
    try:
        found = find_class(file)
    except OSError:
        return ""
    except SyntaxError:
        return type_in_text(read_source(file))
    return (found.binding_type if found else "") or type_in_text(read_source(file))


def read_source(file: Path) -> str:
    """The text of a Python file, decoded as Python would or else as well as possible; at most 5 MB."""
    import io
    import tokenize

    with file.open("rb") as stream:
        data = stream.read(_MAXIMUM_SOURCE)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return data.decode("utf-8", "replace")


def type_in_text(text: str) -> str:
    """The modality whose base class a text names, if it names exactly one."""
    found = {match.group(1).lower() for match in _BASE_CLASS.finditer(text)}
    return found.pop() if len(found) == 1 else ""


def parse_module(file: Path) -> ModuleSource:
    """Parse a module. Raises OSError or SyntaxError (a ValueError of the parser becomes one)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the binding's own invalid escapes are no matter here
            tree = parse(read_source(file), str(file))
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error) or "the source is nested too deep", (str(file), 1, None, None)) from error
    module = ModuleSource(file, tree)
    for statement in top_level(tree.body):
        _note(module, statement)
    return module


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run on import, those inside `if`, `try` and `with` included."""
    for statement in body:
        yield statement
        for name in ("body", "orelse", "finalbody"):
            if isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
                yield from top_level(getattr(statement, name, []))
        for handler in getattr(statement, "handlers", []):
            yield from top_level(handler.body)


def _note(module: ModuleSource, statement: ast.stmt) -> None:
    if isinstance(statement, ast.ClassDef):
        module.classes[statement.name] = statement
    elif isinstance(statement, ast.Import):
        for item in statement.names:
            if item.asname:
                module.names[item.asname] = (item.name, "")
            else:
                module.names[item.name.split(".")[0]] = (item.name.split(".")[0], "")
    elif isinstance(statement, ast.ImportFrom):
        source = "." * statement.level + (statement.module or "")
        for item in statement.names:
            if item.name == "*":
                module.stars.append(source)
            else:
                module.names.setdefault(item.asname or item.name, (source, item.name))
    elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            if isinstance(target, ast.Name):
                _note_assignment(module, target.id, statement.value)


def _note_assignment(module: ModuleSource, name: str, value: ast.expr) -> None:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        module.texts[name] = value.value
    elif isinstance(value, ast.Name | ast.Attribute):
        module.aliases[name] = value


def find_class(file: Path) -> FoundClass | None:
    """The class that `BindingName` names, else the only one of the module that derives from a base of ours."""
    module = parse_module(file)
    named = _named_class(module)
    if named is not None:
        owner, node = named
        return FoundClass(node.name, _type_of_class(owner, node, set()), node, owner)
    found = [
        FoundClass(node.name, kind, node, module)
        for node in module.classes.values()
        if (kind := _type_of_class(module, node, set()))
    ]
    outermost = [item for item in found if not any(_derives(other.node, item.name) for other in found)]
    return outermost[0] if len(outermost) == 1 else None


def _named_class(module: ModuleSource) -> tuple[ModuleSource, ast.ClassDef] | None:
    name = module.texts.get("BindingName")
    alias = module.aliases.get("BindingName")
    if name is None and isinstance(alias, ast.Attribute) and alias.attr == "__name__":
        name = alias.value.id if isinstance(alias.value, ast.Name) else None  # BindingName = MyBinding.__name__
    if name is None:
        return None
    return _resolve_class(module, ast.Name(name), _DEEPEST)


def _derives(node: ast.ClassDef, name: str) -> bool:
    return any(isinstance(base, ast.Name) and base.id == name for base in node.bases)


def _type_of_class(module: ModuleSource, node: ast.ClassDef, seen: set[tuple[Path, str]]) -> str:
    if (module.file, node.name) in seen or len(seen) > 100:
        return ""
    seen.add((module.file, node.name))
    if module.file.parent == PACKAGE_FOLDER and (own := _base_type(node.name)):
        return own
    for base in node.bases:
        base = base.value if isinstance(base, ast.Subscript) else base
        kind = _base_type(_imported_name(module, base))
        if kind:
            return kind
        resolved = _resolve_class(module, base, _DEEPEST)
        if resolved and (kind := _type_of_class(*resolved, seen)):
            return kind
    return ""


def _base_type(name: str) -> str:
    match = _BASE_CLASS.fullmatch(name)
    return match.group(1).lower() if match else ""


def _imported_name(module: ModuleSource, base: ast.expr) -> str:
    """The name that a base class has in the module that defines it, as far as this module shows."""
    if isinstance(base, ast.Attribute):
        return base.attr
    if not isinstance(base, ast.Name) or base.id in module.classes:
        return ""
    source, attribute = module.names.get(base.id, ("", ""))
    if attribute and not source.startswith("."):
        return attribute
    return base.id if not source and any(star.startswith(PACKAGE) for star in module.stars) else ""


def _resolve_class(module: ModuleSource, base: ast.expr, depth: int) -> tuple[ModuleSource, ast.ClassDef] | None:
    """The definition of a class, followed through aliases, modules of the folder and modules of this package."""
    if depth == 0:
        return None
    if isinstance(base, ast.Attribute):
        dotted = _dotted(module, base.value)
        return _class_in(module, dotted, base.attr, depth) if dotted else None
    if not isinstance(base, ast.Name):
        return None
    if base.id in module.classes:
        return module, module.classes[base.id]
    if base.id in module.aliases:
        return _resolve_class(module, module.aliases[base.id], depth - 1)
    if base.id in module.names:
        source, attribute = module.names[base.id]
        return _class_in(module, source, attribute, depth) if attribute else None
    for star in module.stars:
        if found := _class_in(module, star, base.id, depth):
            return found
    return None


def _dotted(module: ModuleSource, value: ast.expr) -> str:
    if isinstance(value, ast.Attribute):
        inner = _dotted(module, value.value)
        return f"{inner}.{value.attr}" if inner else ""
    if isinstance(value, ast.Name) and value.id in module.names:
        source, attribute = module.names[value.id]
        return ".".join(part for part in (source, attribute) if part) if source.strip(".") else source + attribute
    return ""


def _class_in(module: ModuleSource, source: str, name: str, depth: int) -> tuple[ModuleSource, ast.ClassDef] | None:
    file = _module_file(module, source)
    if file is None or file == module.file:
        return None
    try:
        other = parse_module(file)
    except (OSError, SyntaxError):
        return None
    return _resolve_class(other, ast.Name(name), depth - 1)


def _module_file(module: ModuleSource, source: str) -> Path | None:
    if source.startswith("."):
        level = len(source) - len(source.lstrip("."))
        folder = module.file.parent
        for _ in range(level - 1):
            folder = folder.parent
        parts = [part for part in source.strip(".").split(".") if part]
    elif source == PACKAGE or source.startswith(PACKAGE + "."):
        folder, parts = PACKAGE_FOLDER, source.split(".")[1:]
    else:  # `from server import Engine`: a module beside this one, as old bindings import theirs
        folder, parts = module.file.parent, source.split(".")
    place = folder.joinpath(*parts)
    for file in (place.with_name(place.name + ".py"), place / "__init__.py"):
        if parts and file.is_file():
            return file
    return folder / "__init__.py" if not parts and (folder / "__init__.py").is_file() else None
