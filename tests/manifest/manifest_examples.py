"""Manifests good, odd and wrong, for the tests that read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema

from lollms_client.manifest import Manifest, load_manifest, manifest_schema
from lollms_client.manifest.yaml_nodes import plain, read_text

VALIDATOR = jsonschema.Draft202012Validator(manifest_schema())


def write(folder: Path, text: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "description.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def read(folder: Path, text: str | bytes) -> Manifest:
    return load_manifest(write(folder, text))


def one_parameter(*lines: str, section: str = "input_parameters") -> str:
    """A manifest with one parameter, whose first key stands in line 2."""
    first, *others = lines
    return "\n".join([f"{section}:", f"  - {first}", *(f"    {line}" for line in others)]) + "\n"


GUIDE = """\
title: My service
author: Somebody
description: What it does
input_parameters:
  - name: service_key
    type: str
    description: The key
    default: ""
  - name: model_name
    type: str
    description: The model
    default: large
    options: [small, large]
generate_image_parameters:
  - name: width
    type: int
    description: Width
    default: 512
  - name: hd
    type: bool
    description: Fine
    default: false
edit_image_parameters:
  - {name: strength, type: float, description: How much, default: 1}
"""


# what both the published schema and the reader take without a word
GOOD = {
    "almost nothing": "title: x\n",
    "empty sections": "title: x\ninput_parameters:\ngenerate_image_parameters: []\nlimits:\n",
    "a guide manifest": GUIDE,
    "list default": one_parameter("name: words", "type: list", "default: [a, b]", "options: [a, b, c]"),
    "dict default": one_parameter("name: words", "type: dict", "default: {a: 1}"),
    "bounds": one_parameter("name: size", "type: int", "min: 1", "max: 8", "step: 1", "default: 4"),
    "float without point": one_parameter("name: size", "type: float", "default: 4"),
    "null default": one_parameter("name: size", "type: int", "default: null"),
    "empty text default": one_parameter("name: model", "type: str", 'default: ""', "options: [a]"),
    "one variable": one_parameter("name: size", "type: int", "env: SIZE"),
    "hidden text": one_parameter("name: pin", "type: str", "is_secret: true"),
    "requirements of no version": "requirements: [numpy, pillow]\n",
    "requirements as mapping": "requirements: {numpy: '>=1', pillow: '11.0', x: null}\n",
    "licence words": "licenses: [MIT, {name: x}]\n",
    "links as list": "links: [https://example.org]\n",
    "old sections": one_parameter("name: a", "type: str", section="global_input_parameters"),
    "quiet keys": "icon: x.png\nadvisory: be careful\nx-anything: {a: [1]}\n",
    "byte order mark": "\ufefftitle: x\n",
}

# what loads with a warning in the line given, and what the schema marks for the author
TOLERATED = {
    "unknown key": ("title: x\ninputparameters: []\n", 2, "input_parameters"),
    "unknown key of a parameter": (one_parameter("name: a", "type: str", "defalt: x"), 4, "default"),
    "no type": (one_parameter("name: a"), 2, "str is assumed"),
    "other word for a type": (one_parameter("name: a", "type: string"), 3, "'str'"),
    "type in capitals": (one_parameter("name: a", "type: INT"), 3, "'int'"),
    "number as text": (one_parameter("name: a", "type: int", 'default: "5"'), 4, "is read as 5"),
    "text as number": (one_parameter("name: a", "type: str", "default: 7"), 4, "is read as '7'"),
    "yes as text": (one_parameter("name: a", "type: str", "default: no"), 4, "is read as 'no'"),
    "one for true": (one_parameter("name: a", "type: bool", "default: 1"), 4, "is read as True"),
    "word for a flag": (one_parameter("name: a", "type: str", 'mandatory: "yes"'), 4, "is read as true"),
    "empty default of a number": (one_parameter("name: a", "type: int", 'default: ""'), 4, "none is assumed"),
    "modality in capitals": ("title: x\nbinding_type: TTS\n", 2, "is read as 'tts'"),
    "parameters by name": ("title: x\ninput_parameters:\n  a: {type: int}\n", 3, "list of parameters"),
    "another word for a key": (one_parameter("name: a", "type: int", "required: true"), 4, "is read as 'mandatory'"),
    "a name that YAML takes for a flag": (one_parameter("name: off", "type: int"), 2, "'off'"),
    "text for a list": (one_parameter("name: a", "type: list", "default: a, b"), 4, "is read as"),
}

# what the schema cannot say and the reader warns of
WARNED = {
    "default outside options": (one_parameter("name: a", "type: str", "default: x", "options: [y]"), 4, "options"),
    "default of a secret": (one_parameter("name: api_key", "type: str", "default: sk-123456789"), 4, "secret"),
}

# what both refuse: text, line, part of the rule
BAD: dict[str, tuple[str, int, str]] = {
    "a list": ("- title\n", 1, "not a mapping"),
    "a text": ("just words\n", 1, "not a mapping"),
    "title is a list": ("author: a\ntitle: [x]\n", 2, "title must be a text"),
    "unknown modality": ("title: x\n\nbinding_type: smell\n", 3, "none of the six"),
    "parameters are text": ("input_parameters: many\n", 1, "must be a list"),
    "parameters by name": ("title: x\ninput_parameters:\n  voice: en\n", 3, "must be a list"),
    "parameter is text": ("input_parameters:\n  - voice\n", 2, "is a mapping"),
    "no name": (one_parameter("type: str"), 2, "has no name"),
    "empty name": (one_parameter("name:", "type: str"), 2, "not a parameter name"),
    "name with a space": (one_parameter("name: my voice", "type: str"), 2, "not a parameter name"),
    "name in another line is empty": ("input_parameters:\n  - type: str\n    name: ''\n", 3, "not a parameter name"),
    "type is a list": (one_parameter("name: a", "type: [str]"), 3, "['str'] is not a type"),
    "name is a list": (one_parameter("name: [a]", "type: str"), 2, "not a parameter name"),
    "unknown type": (one_parameter("name: a", "type: strr"), 3, "is not a type"),
    "default of another type": (one_parameter("name: a", "type: int", "default: many"), 4, "not a whole number"),
    "fraction for a whole number": (one_parameter("name: a", "type: int", "default: 1.5"), 4, "not a whole number"),
    "true for a number": (one_parameter("name: a", "type: float", "default: true"), 4, "not a number"),
    "default list for text": (one_parameter("name: a", "type: str", "default: [x]"), 4, "is not text"),
    "options are text": (one_parameter("name: a", "type: str", "options: x"), 4, "options is a list"),
    "option of another type": (one_parameter("name: a", "type: int", "options:", "  - 1", "  - two"), 6, "not a whole"),
    "empty option": (one_parameter("name: a", "type: str", "options:", "  - x", "  -"), 6, "is empty"),
    "secret number": (one_parameter("name: pin", "type: int", "is_secret: true"), 2, "of type str"),
    "flag of another kind": (one_parameter("name: a", "type: str", "is_secret: maybe"), 4, "true or false"),
    "mandatory list": (one_parameter("name: a", "type: str", "mandatory: [1]"), 4, "true or false"),
    "min is text": (one_parameter("name: a", "type: int", "min: low"), 4, "min must be a number"),
    "min is true": (one_parameter("name: a", "type: int", "min: true"), 4, "min must be a number"),
    "min of a text": (one_parameter("name: a", "type: str", "min: 1"), 4, "belongs to numbers"),
    "step of nothing": (one_parameter("name: a", "type: int", "step: 0"), 4, "more than 0"),
    "variable with a space": (one_parameter("name: a", "type: str", "env: MY KEY"), 4, "environment variable"),
    "requirement with a space": ("requirements:\n  - numpy\n  - not a package\n", 3, "not a requirement"),
    "requirement that is an option": ("requirements: ['--index-url=x']\n", 1, "not a requirement"),
    "requirement that is a number": ("requirements:\n  - numpy\n  - 1.5\n", 3, "not a requirement"),
    "requirement that is a flag": ("requirements: no\n", 1, "not a requirement"),
    "empty requirement": ("requirements:\n  -\n", 2, "empty item"),
    "capabilities by name": ("capabilities: {a: 1}\n", 1, "list of texts"),
    "offline is a word": ("offline: perhaps\n", 1, "true or false"),
    "reach is a list": ("reach: [x]\n", 1, "must be a mapping"),
    "service is text": ("service: x\n", 1, "must be a mapping"),
    "licences by name": ("licenses: {a: b}\n", 1, "must be a list"),
    "assets are text": ("assets: x\n", 1, "must be a list"),
    "command without a name": ("commands:\n  - title: x\n", 2, "has no name"),
    "link to a list": ("links:\n  home: [x]\n", 2, "must be a text"),
}

# what is right for the schema and wrong all the same
BEYOND: dict[str, tuple[str, int, str]] = {
    "nothing": ("# only a comment\n", 1, "empty"),
    "a name twice": ("input_parameters:\n  - {name: a, type: str}\n  - {name: a, type: str}\n", 3, "stands twice"),
    "min above max": (one_parameter("name: a", "type: int", "min: 5", "max: 1"), 5, "greater than max"),
    "default below min": (one_parameter("name: a", "type: int", "min: 5", "default: 1"), 5, "at least 5"),
    "default above max": (one_parameter("name: a", "type: float", "max: 5", "default: 6"), 5, "at most 5"),
    "endless min": (one_parameter("name: a", "type: float", "min: -.inf"), 4, "must be a number"),
    "endless default": (one_parameter("name: a", "type: float", "default: .nan"), 4, "not a number"),
}

# what is no YAML, or none that may be read
BROKEN: dict[str, tuple[str | bytes, int, str]] = {
    "open bracket": ("title: x\nlimits: [a, b\n", 3, "not valid YAML"),
    "tab": ("limits:\n\t- x\n", 2, "not valid YAML"),
    "colon in a text": ("title: x\ndescription: a: b\n", 2, "not valid YAML"),
    "key twice": ("title: x\nauthor: y\ntitle: z\n", 3, "stands twice"),
    "Python object": ("title: !!python/object/apply:os.system [ls]\n", 1, "tag"),
    "unknown anchor": ("title: x\nauthor: *who\n", 2, "anchor"),
    "endless": ("title: x\nextra: &a\n  b: *a\n", 3, "holds itself"),
    "two documents": ("title: x\n---\ntitle: y\n", 2, "several documents"),
    "list as key": ("title: x\n? [a]\n: b\n", 2, "key is a list"),
    "bad merge": ("title: x\n<<: 3\n", 2, "<<"),
    "other encoding": ("title: x\nauthor: Zoë\n".encode("latin-1"), 2, "not UTF-8"),
    "control character": ("title: x\nauthor: \x07\n", 2, "control character"),
    "wrong number": ("title: x\nn: !!int twelve\n", 2, "not a valid int"),
    "very deep": ("title: x\na: " + "[" * 100_000, 2, "nested deeper"),
    "very large": ("title: " + "x" * 1_000_001, 1, "larger than"),
    "exploding": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"{b}: &{b} [{','.join('*' + a for _ in range(10))}]\n"
        for a, b in zip("abcdefg", "bcdefgh", strict=True)), 5, "more than",
    ),
}  # fmt: skip


def as_data(text: str) -> Any:
    node = read_text(text.removeprefix("\ufeff"))
    return plain(node) if node else None
