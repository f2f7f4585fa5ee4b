"""Writes the folder of a new binding from a plan."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from lollms_client.errors import BadSetting
from lollms_client.manifest import BINDING_TYPES
from lollms_client.scaffold.modalities import MODALITIES, Modality

KINDS = {
    "wire": "a service on OpenAI's wire: the code stays empty, the manifest says it all",
    "http": "a service with a wire of its own, on HttpBinding: errors, retries, cancelling and asyncio come with it",
    "plain": "a class with the documented methods, for any library or service, as the guide shows",
}
SCHEMA = "https://raw.githubusercontent.com/lollms/lollms_client/main/src/lollms_client/manifest/schema.json"
OPEN = "CHANGE ME"  # in the manifest, wherever only the author knows; the rule M121 finds it


class Plan(NamedTuple):
    """What is to be written. What is empty is marked in the manifest as left to do."""

    binding_type: str
    name: str
    kind: str = "http"
    title: str = ""
    author: str = ""
    description: str = ""
    address: str = ""  # of the service, https://…
    variable: str = ""  # the environment variable of its key

    @property
    def modality(self) -> Modality:
        """The parts that differ by modality."""
        return MODALITIES[self.binding_type]

    @property
    def class_name(self) -> str:
        """AcmeSpeech for a tts binding called acme."""
        return "".join(word.capitalize() for word in self.name.split("_")) + self.modality.noun

    @property
    def words(self) -> str:
        """The title, or one made of the name."""
        return self.title or self.name.replace("_", " ").capitalize()


def write_binding(plan: Plan, folder: Path) -> list[Path]:
    """Write the binding's folder into `folder`; returns the files.

    Raises BadSetting for an unknown modality or kind, a name that is none, or a folder that exists.
    """
    _check(plan)
    target = folder / plan.name
    if target.exists():
        raise BadSetting(f"{target} exists; choose another name, or remove it", setting="name")
    code = {"wire": _wire_code, "http": _http_code, "plain": _plain_code}[plan.kind]
    texts = {
        "__init__.py": code(plan),
        "description.yaml": _manifest(plan),
        f"test_{plan.name}.py": _test(plan),
        "example.py": _example(plan),
    }
    target.mkdir(parents=True)
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8")
    return [target / name for name in texts]


def _check(plan: Plan) -> None:
    if plan.binding_type not in BINDING_TYPES:
        raise BadSetting(f"{plan.binding_type!r} is no modality; use one of {', '.join(BINDING_TYPES)}")
    if plan.kind not in KINDS:
        raise BadSetting(f"{plan.kind!r} is no kind; use one of {', '.join(KINDS)}", setting="kind")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", plan.name):
        raise BadSetting(f"{plan.name!r} is no name; use lower-case letters, digits and _", setting="name")
    if plan.address and not re.fullmatch(r"https?://[^\s/]+\S*", plan.address):
        raise BadSetting(f"{plan.address!r} is no address; begin with https://", setting="address")


def _wire_code(plan: Plan) -> str:
    module, _, base = plan.modality.wire.partition(".")
    return f'''"""{plan.words} on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.{module} import {base}

BindingName = "{plan.class_name}"


class {plan.class_name}({base}):
    """{plan.words}."""
{_SELF_TEST}'''


_SELF_TEST = """

if __name__ == "__main__":
    from lollms_client.testing import self_test

    self_test(__file__)
"""


def _http_code(plan: Plan) -> str:
    kind = plan.binding_type
    base = f"Lollms{kind.upper()}Binding"
    standard, blank, others = plan.modality.types.rpartition("\n\n")
    imports = sorted(
        [
            *others.splitlines(),
            "from lollms_client.families.http import HttpBinding",
            f"from lollms_client.lollms_{kind}_binding import {base}",
        ]
    )
    lines = "\n".join(imports)
    return f'''"""{plan.words}, over HTTP."""

{standard}{blank}{lines}

BindingName = "{plan.class_name}"


class {plan.class_name}(HttpBinding, {base}):
    """{plan.words}. The paths and the names of the fields are a beginning: write those of your service."""

{plan.modality.flow}{_SELF_TEST}'''


def _plain_code(plan: Plan) -> str:
    modality, kind = plan.modality, plan.binding_type
    extra = "import base64\n" if kind == "stt" else ""
    path = "from pathlib import Path\n" if kind == "stt" else ""
    return f'''"""{plan.words}, written with the documented methods."""

{extra}import json
import urllib.request
{path}
from lollms_client.lollms_{kind}_binding import Lollms{kind.upper()}Binding

BindingName = "{plan.class_name}"


class {plan.class_name}(Lollms{kind.upper()}Binding):
    """{plan.words}. The path and the names of the fields are a beginning: write those of your service."""

    def __init__(self, **kwargs):
        super().__init__("{plan.name}", **kwargs)

    def {modality.method}(self, {modality.signature}):
        """Ask the service. Returns the result, or an error dictionary."""
        body = json.dumps({modality.sent}).encode()
        headers = {{"Content-Type": "application/json"}}
        if self.config.get("service_key"):
            headers["Authorization"] = "Bearer " + self.config["service_key"]
        address = self.config["host_address"].rstrip("/") + "/{modality.method}"
        try:
            with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=300) as answer:
                reply = answer.read()
        except OSError as error:
            return {{"status": "error", "message": f"{{address}}: {{error}}"}}
        return {modality.taken}

    def list_models(self):
        """The names of the models."""
        return [self.config.get("model_name") or "default"]
{_SELF_TEST}'''


def _manifest(plan: Plan) -> str:
    text = json.dumps
    description = plan.description or f"{OPEN}: what it is, what it is not, and its limits."
    variable = plan.variable or f"{plan.name.upper()}_API_KEY"
    address = f"default: {text(plan.address)}" if plan.address else "mandatory: true"
    retries = "" if plan.kind == "plain" else _RETRIES
    return f"""# yaml-language-server: $schema={SCHEMA}
# What people see of the binding, and what they may set. `lollms check` tells what is missing.
title: {text(plan.words)}
binding_type: {plan.binding_type}
author: {text(plan.author or OPEN)}
version: "0.1.0"
license: Apache-2.0  # of this adapter
description: {text(description)}
offline: false
capabilities: [{plan.modality.capability}]
requirements: []  # packages as pip takes them, with the lowest version that you tried: "requests>=2.32"
limits: []  # what it cannot do, a sentence each
# The settings. A secret is masked wherever it would be printed; `env` names the variable that may hold it.
input_parameters:
  - {{name: host_address, type: str, description: Where the service answers., {address}}}
  - {{name: service_key, type: str, description: The key of your account., is_secret: true, env: {variable}}}
  - {{name: model_name, type: str, description: The model for calls that name none.}}
{retries}# The keywords of the documented method; `lollms` makes options of them.
{plan.modality.method}_parameters:
{_parameters(plan)}"""


_RETRIES = """\
  - {name: timeout, type: float, description: How long a whole call may take., min: 0.1, unit: seconds}
  - {name: max_retries, type: int, description: How often a failed request is repeated., default: 2, min: 0, max: 10}
"""


def _parameters(plan: Plan) -> str:
    rows = {
        "tti": "  - {name: width, type: int, description: The width., default: 1024, min: 64, unit: pixels}\n"
        "  - {name: height, type: int, description: The height., default: 1024, min: 64, unit: pixels}\n"
        "  - {name: negative_prompt, type: str, description: What should not be in the image.}\n",
        "tts": "  - {name: voice, type: str, description: The voice.}\n",
    }
    return rows.get(plan.binding_type, "  - {name: model, type: str, description: The model of this call.}\n")


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
    use = f'Path("{modality.file}").write_bytes(result)' if modality.file else "print(result)"
    return f'''"""Uses the binding in this folder."""

from pathlib import Path

from lollms_client import LollmsClient

client = LollmsClient(
    bindings_dir=Path(__file__).parent,
    {kind}_binding_name="{plan.name}",
    {kind}_binding_config={{"host_address": "{plan.address or "http://localhost:8000"}"}},
)
result = {modality.call}
if isinstance(result, dict):
    print(result["message"])
else:
    {use}
'''
