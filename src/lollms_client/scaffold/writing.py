"""Writes the folder of a new binding from a plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lollms_client.errors import BadSetting
from lollms_client.scaffold.cases_text import cases_text
from lollms_client.scaffold.local_code import engine_code, wire_code
from lollms_client.scaffold.manifest_text import manifest_text
from lollms_client.scaffold.plain_code import plain_code
from lollms_client.scaffold.plan import Plan
from lollms_client.scaffold.service_code import broken_import, http_code, job_code

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
    code = "\n".join(broken_import(line) for line in _CODE[plan.kind](plan).split("\n"))
    texts = {"__init__.py": code, "description.yaml": manifest_text(plan)}
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
    modality, edits = plan.modality, plan.method == "edit_image"
    call = 'client.edit_image(picture, "make it blue").image' if edits else modality.call
    key = f"\n# The key is read from the environment variable {plan.variable or plan.name.upper() + '_API_KEY'}."
    if modality.file:
        use = f'    made = Path("{modality.file}")\n    made.write_bytes({call})\n    print(f"wrote {{made}}")'
    else:
        use = f"    print({call})"
    given = _PICTURE if edits else _SOUND if plan.binding_type == "stt" else ""
    system = "import sys\n" if given else ""
    return f'''"""Uses the binding in this folder{_TAKES.get(given, "")}."""

{system}from pathlib import Path

from lollms_client import LollmsClient
from lollms_client.errors import LollmsError
{key if plan.is_service else ""}
client = LollmsClient(
    bindings_dir=Path(__file__).parent,
    {plan.binding_type}_binding_name="{plan.name}",
)
{given}try:
{use}
except LollmsError as error:  # it says what to do
    raise SystemExit(f"{{error.code}}: {{error}}") from None
'''


_SOUND = """\
if len(sys.argv) > 1:
    sound = Path(sys.argv[1]).read_bytes()
else:  # a sound that is made up, so that the example runs
    sound = LollmsClient(tts_binding_name="mock").speech("Good evening.").audio
"""
_PICTURE = """\
if len(sys.argv) > 1:
    picture = Path(sys.argv[1]).read_bytes()
else:  # a picture that is made up, so that the example runs
    picture = LollmsClient(tti_binding_name="mock").image("a house").image
"""
_TAKES = {_SOUND: ": python example.py SOUND", _PICTURE: ": python example.py PICTURE"}
