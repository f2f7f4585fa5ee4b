"""The saved configuration `$LOLLMS_HOME/config.yaml`: one section per modality, in it one per binding."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from pathlib import Path
from typing import Any

from lollms_client.errors import BadSetting
from lollms_client.home import lollms_home
from lollms_client.manifest.yaml_nodes import Mapping, YamlProblem, plain, read_file


def saved_file(environment: MappingType[str, str] | None = None) -> Path:
    """Where the saved configuration lies; the file need not exist."""
    return lollms_home(environment) / "config.yaml"


def read_saved(file: Path | None = None) -> dict[str, Any]:
    """The whole saved configuration; {} where there is none. BadSetting (file, line, cure) where the file is wrong."""
    file = saved_file() if file is None else file
    try:
        root = read_file(file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadSetting(f"the saved configuration {file} cannot be read: {error.strerror}", file=str(file)) from error
    except YamlProblem as problem:
        raise _broken(file, problem.line, problem.rule, problem.cure) from None
    if root is None:
        return {}
    if not isinstance(root, Mapping):
        raise _broken(file, root.line, "it is not a mapping", "begin with a modality, `tts:` for instance")
    found: dict[str, Any] = plain(root)
    return found


def binding_section(configuration: MappingType[str, Any], binding_type: str, name: str, file: Path) -> dict[str, Any]:
    """The section of one binding; {} where there is none."""
    section: Any = configuration
    for key in (binding_type, name):
        section = section.get(key)
        if section is None:
            return {}
        if not isinstance(section, dict):
            place = f"{binding_type}.{name}" if key == name else binding_type
            raise BadSetting(
                f"the saved configuration {file}: {place} must be a mapping; correct the file", file=str(file)
            )
    return dict(section)


def _broken(file: Path, line: int, rule: str, cure: str) -> BadSetting:
    return BadSetting(
        f"the saved configuration {file}, line {line}: {rule}; {cure} (the file was left as it is)",
        file=str(file), line=line, rule=rule, cure=cure,
    )  # fmt: skip
