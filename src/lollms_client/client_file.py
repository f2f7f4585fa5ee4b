"""`lollms.yaml`: which binding serves each modality, and with which settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lollms_client.errors import BadSetting

_KNOWN = ("llm", "tti", "stt", "tts", "ttv", "ttm", "bindings_dir", "timeout")


def read_configuration(source: str | Path | Mapping[str, Any] | None) -> dict[str, Any]:
    """The configuration of a client: from a mapping, a file, or `LOLLMS_CONFIG`; empty where none is named.

    Raises BadSetting naming the file, the line and the cure for a file that is missing, broken or has unknown names.
    """
    if isinstance(source, Mapping):
        return _checked(dict(source), "config")
    named = source if source is not None else os.environ.get("LOLLMS_CONFIG")
    if not named:
        return {}
    path = Path(named).expanduser()
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSetting(f"{path} cannot be read: {error.strerror}", setting="config", file=str(path)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        place = f"{path}, line {line}" if line else str(path)
        problem = getattr(error, "problem", None) or "it is no YAML text"
        raise BadSetting(f"{place}: {problem}", setting="config", file=str(path), line=line) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise BadSetting(f"{path} must hold a mapping such as `llm: llama_cpp`", setting="config", file=str(path))
    checked = _checked(content, str(path))
    folders = checked.get("bindings_dir")
    if folders:
        listed = folders if isinstance(folders, list) else [folders]
        checked["bindings_dir"] = [path.parent / str(folder) for folder in listed]
    return checked


def _checked(content: dict[str, Any], place: str) -> dict[str, Any]:
    import difflib

    for name in content:
        if name not in _KNOWN:
            near = difflib.get_close_matches(str(name), _KNOWN, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(_KNOWN)}"
            raise BadSetting(f"{place}: unknown name {name!r}{hint}", setting=str(name))
    return content
