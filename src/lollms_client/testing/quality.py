"""Reads `quality.yaml`: the rules that a binding is excepted from, each with its reason."""

from __future__ import annotations

from pathlib import Path

from lollms_client.errors import BadManifest

SHORTEST_REASON = 15  # letters


def read_exceptions(folder: Path) -> dict[str, str]:
    """Reasons by code. Raises BadManifest where the file is not `exceptions: {CODE: a reason}`, with real reasons."""
    from lollms_client.manifest.yaml_nodes import YamlProblem, plain, read_file
    from lollms_client.testing.rules import all_rules

    file = folder / "quality.yaml"
    if not file.is_file():
        return {}
    try:
        root = read_file(file)
    except YamlProblem as problem:
        raise BadManifest(f"{file}, line {problem.line}: {problem.rule}; {problem.cure}", file=str(file)) from None
    value = plain(root) if root is not None else {}
    found = value.get("exceptions") if isinstance(value, dict) else None
    if not isinstance(found, dict) or set(value) != {"exceptions"}:
        raise BadManifest(f"{file} must be `exceptions:` with a code and a reason in each line", file=str(file))
    codes = {rule.code for rule in all_rules()}
    for code, reason in found.items():
        if code not in codes:
            raise BadManifest(f"{file}: there is no rule {code!r}", file=str(file))
        if not isinstance(reason, str) or len(reason.strip()) < SHORTEST_REASON:
            raise BadManifest(f"{file}: say in a sentence why {code} does not hold here", file=str(file))
    return {str(code): " ".join(reason.split()) for code, reason in found.items()}
