"""Writes the folder of a new binding from a plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lollms_client.errors import BadSetting
from lollms_client.scaffold.cases_text import cases_text
from lollms_client.scaffold.local_code import engine_code, plain_code, wire_code
from lollms_client.scaffold.manifest_text import manifest_text
from lollms_client.scaffold.plan import Plan
from lollms_client.scaffold.service_code import http_code, job_code

_CODE: dict[str, Callable[[Plan], str]] = {
    "wire": wire_code, "http": http_code, "job": job_code, "engine": engine_code, "plain": plain_code,
}  # fmt: skip


def write_binding(plan: Plan, folder: Path) -> list[Path]:
    """Write the binding's folder into `folder`; returns the files.

    Raises BadSetting for an unknown modality or kind, a name that is none, or a folder that exists.
    """
    plan.check()
    target = folder / plan.name
    if target.exists():
        raise BadSetting(f"{target} exists; choose another name, or remove it", setting="name")
    texts = {"__init__.py": _CODE[plan.kind](plan), "description.yaml": manifest_text(plan)}
    if plan.is_service:
        texts["wire_cases.yaml"] = cases_text(plan)
    texts |= {f"test_{plan.name}.py": _test(plan), "example.py": _example(plan)}
    target.mkdir(parents=True)
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8")
    return [target / name for name in texts]


def _test(plan: Plan) -> str:
    return f'''"""Proves that the binding keeps the contract; run pytest here."""

from pathlib import Path

from lollms_client.testing import BindingSuite


class Test{plan.class_name}(BindingSuite):
    """One test for each rule."""

    binding = Path(__file__).parent
'''


def _example(plan: Plan) -> str:
    kind, modality = plan.binding_type, plan.modality
    call = modality.call if plan.method != "edit_image" else 'client.edit_image("image.png", "make it blue").image'
    use = f'Path("{modality.file}").write_bytes({call})' if modality.file else f"print({call})"
    key = f"\n# The key is read from the environment variable {plan.variable or plan.name.upper() + '_API_KEY'}."
    return f'''"""Uses the binding in this folder."""

from pathlib import Path

from lollms_client import LollmsClient
{key if plan.is_service else ""}
client = LollmsClient(bindings_dir=Path(__file__).parent, {kind}_binding_name="{plan.name}")
{use}
'''
