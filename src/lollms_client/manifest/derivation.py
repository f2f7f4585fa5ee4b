"""Derives a manifest from the class of a binding that has no description.yaml, by parsing its source."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from lollms_client.errors import BindingLoadFailed
from lollms_client.manifest.class_source import FoundClass, find_class
from lollms_client.manifest.model import Manifest, Parameter, ParameterType
from lollms_client.manifest.requirement_calls import required_by_calls
from lollms_client.manifest.secret_names import says_secret

METHODS = (
    "chat", "generate_text", "embed", "generate_image", "edit_image", "transcribe_audio", "generate_audio",
    "generate_video", "generate_music",
)  # fmt: skip
_NOT_SETTINGS = {"self", "binding_name", "args", "kwargs", "config", "debug", "lollms_client", "callback"}
_SETTING_HOLDERS = {"kwargs", "config", "settings"}
_KINDS: dict[type, ParameterType] = {str: "str", bool: "bool", int: "int", float: "float", list: "list", dict: "dict"}


def derive_manifest(folder: Path | str) -> Manifest:
    """What the source tells: modality, settings with defaults, method parameters, requirements, the docstring.

    Nothing is imported. Raises BindingLoadFailed (file, line, cure) where the source cannot be read or parsed.
    """
    folder = Path(folder).absolute()
    file = folder / "__init__.py"
    try:
        found = find_class(file)
    except OSError as error:
        raise BindingLoadFailed(
            f"{file} cannot be read: {error.strerror}; a binding is a folder with an __init__.py",
            binding=folder.name, file=str(file), line=1, cure="write an __init__.py",
        ) from error  # fmt: skip
    except SyntaxError as error:
        raise syntax_failure(folder.name, file, error) from error
    note = "there is no description.yaml; settings were read out of the code"
    if (folder / "description.yml").exists():
        note += "; rename description.yml to description.yaml, so that it is read"
    if found is None:
        return Manifest(name=folder.name, folder=folder, title=folder.name.replace("_", " "), warnings=(note,))
    return Manifest(
        name=folder.name,
        folder=folder,
        title=folder.name.replace("_", " "),
        description=_docstring(found),
        binding_type=found.binding_type,
        requirements=required_by_calls(folder),
        input_parameters=tuple(_settings(found)),
        method_parameters=_methods(found.node),
        warnings=(note,),
    )


def syntax_failure(name: str, file: Path, error: SyntaxError) -> BindingLoadFailed:
    """The error for source that Python cannot parse."""
    where = error.filename or str(file)
    line = error.lineno or 1
    return BindingLoadFailed(
        f"the binding {name!r} has a syntax error: {where}, line {line}: {error.msg}; correct that line",
        binding=name, file=where, line=line, rule=str(error.msg), cure="correct that line",
    )  # fmt: skip


def _docstring(found: FoundClass) -> str:
    return ast.get_docstring(found.node) or ast.get_docstring(found.module.tree) or ""


def _settings(found: FoundClass) -> list[Parameter]:
    constructor = _function(found.node, "__init__")
    if constructor is None:
        return []
    settings = {item.name: item for item in _signature(constructor, of_method=False) if item.name not in _NOT_SETTINGS}
    for node in ast.walk(constructor):
        read = _setting_read(node)
        if read is None:
            continue
        name, default = read
        if name in _NOT_SETTINGS or not name.isidentifier():
            continue
        variables = _variables_near(constructor, node)
        known = settings.get(name)
        made = _parameter(name, None, _literal(default), of_method=False, env=variables)
        if known is None or (known.default is None and made.default is not None):
            settings[name] = made
    return list(settings.values())


def _function(node: ast.ClassDef, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for item in node.body:
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.name == name:
            return item
    return None


def _signature(function: ast.FunctionDef | ast.AsyncFunctionDef, *, of_method: bool) -> list[Parameter]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    pairs = [*zip(positional, defaults + list(arguments.defaults), strict=True)]
    pairs += [*zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return [
        _parameter(argument.arg, argument.annotation, _literal(default), of_method=of_method)
        for argument, default in pairs
    ]


def _setting_read(node: ast.AST) -> tuple[str, ast.expr | None] | None:
    """The name and default in `kwargs.get("x", 1)`, `self.config.pop("x")` or `kwargs["x"]`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop"):
        holder, arguments = node.func.value, node.args
        key = arguments[0] if arguments else None
        default = arguments[1] if len(arguments) > 1 else None
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        holder, key, default = node.value, node.slice, None
    else:
        return None
    if isinstance(key, ast.Constant) and isinstance(key.value, str) and _holder_name(holder) in _SETTING_HOLDERS:
        return key.value, default
    return None


def _holder_name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _variables_near(function: ast.AST, read: ast.AST) -> tuple[str, ...]:
    """The environment variables that stand as fall-backs around one reading of a setting."""
    smallest: ast.AST = read
    for node in ast.walk(function):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and read in node.values:
            smallest = node
    return tuple(dict.fromkeys(name for node in ast.walk(smallest) if (name := _variable(node))))


def _variable(node: ast.AST) -> str:
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = ast.unparse(node.func)
        if called in ("os.getenv", "getenv", "os.environ.get", "environ.get"):
            return str(node.args[0].value)
    return ""


def _methods(node: ast.ClassDef) -> dict[str, tuple[Parameter, ...]]:
    """The optional parameters of the documented methods that this class defines."""
    found: dict[str, tuple[Parameter, ...]] = {}
    for name in METHODS:
        function = _function(node, name)
        if function is None:
            continue
        given = [item for item in _signature(function, of_method=True) if item.name != "self"]
        optional = tuple(item for item in given[1:] if not item.name.endswith("callback"))
        if optional:
            found[name] = optional
    return found


def _parameter(
    name: str, annotation: ast.expr | None, default: Any, *, of_method: bool, env: tuple[str, ...] = ()
) -> Parameter:
    kind = _KINDS.get(type(default)) or _annotated(annotation) or "str"
    secret = kind == "str" and says_secret(name, of_method=of_method)
    plain = default if type(default) in _KINDS else None
    if secret and plain:
        from lollms_client.secret import register

        register(plain)
    return Parameter(name=name, type=kind, default=plain, is_secret=secret, env=env)


def _annotated(annotation: ast.expr | None) -> ParameterType | None:
    if annotation is None:
        return None
    text = ast.unparse(annotation).lower()
    for kind in ("bool", "float", "int", "dict", "list", "str"):
        if kind in text:
            return kind
    return None


def _literal(node: ast.expr | None) -> Any:
    """The value of a literal; None for anything that would have to be run."""
    if node is None:
        return None
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if type(value) in _KINDS and _is_plain(value) else None


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return value is None or type(value) in _KINDS
