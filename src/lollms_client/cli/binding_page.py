"""The page of one binding in the documentation, out of its manifest alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lollms_client.cli.showing import asset_words, license_words, reach_words, verified_words
from lollms_client.manifest.model import TYPE_TITLES, Manifest, Parameter
from lollms_client.manifest.values import range_words
from lollms_client.requirements import requirements_of


class _Example(NamedTuple):
    program: str  # what is done with `client`
    command: str  # the words of the command line
    method: str  # whose parameters --help shows


EXAMPLES = {
    "llm": _Example('print(client.chat("Why is the sky blue?").text)', 'chat "Why is the sky blue?"', "chat"),
    "tti": _Example(
        'client.image("a lighthouse at dusk").image.save("lighthouse.png")',
        'image "a lighthouse at dusk" -o lighthouse.png',
        "image",
    ),
    "stt": _Example('print(client.transcribe("interview.wav").text)', "transcribe interview.wav", "transcribe"),
    "tts": _Example(
        'speech = client.speech("Good evening.")\nspeech.audio.save("evening.wav")',
        'speak "Good evening." -o evening.wav',
        "speak",
    ),
    "ttv": _Example(
        'client.video("a sailboat at sunset").video.save("sailboat.mp4")',
        'video "a sailboat at sunset" -o sailboat.mp4',
        "video",
    ),
    "ttm": _Example('client.music("calm piano").audio.save("piano.wav")', 'music "calm piano" -o piano.wav', "music"),
}
_MADE_UP: dict[str, Any] = {"int": 1, "float": 1.0, "bool": True, "list": [], "dict": {}}


def page_name(manifest: Manifest) -> str:
    """Where the page lies below the folder of the documentation."""
    return f"bindings/{manifest.binding_type}/{manifest.name}.md"


def binding_page(manifest: Manifest, *, tier: str = "") -> str:
    """The whole page. `tier` is what the kit computed for this version of the binding; "" where nothing is known."""
    return "\n".join(_lines(manifest, tier)).rstrip() + "\n"


def _lines(manifest: Manifest, tier: str) -> Iterator[str]:
    yield f"# {manifest.title or manifest.name}: {TYPE_TITLES[manifest.binding_type]}"
    yield ""
    yield _text(manifest.description)
    yield ""
    yield from _table(("", ""), list(_facts(manifest, tier)))
    yield from _install(manifest)
    yield from _use(manifest)
    yield from _parameters("Settings", manifest.input_parameters)
    for method, parameters in _grouped(manifest):
        yield from _parameters(f"Parameters of {method}", parameters)
    yield from _list("Limits", [_text(limit) for limit in manifest.limits])
    yield from _list("How it was verified", [_text(verified_words(item)) for item in manifest.verified])
    yield from _list("Fetched once, into the data folder", [_text(asset_words(item)) for item in manifest.assets])
    yield from _list("Licences of what it uses", [_text(license_words(item)) for item in manifest.licenses])
    yield from _list("Links", [f"[{name}]({address})" for name, address in manifest.links.items()])


def _facts(manifest: Manifest, tier: str) -> Iterator[tuple[str, str]]:
    yield "Name", f"`{manifest.name}` (`{manifest.binding_type}.{manifest.name}` where several share it)"
    yield "Version", manifest.version
    yield "Author", _cell(manifest.author)
    if tier:
        yield "Tier", f"{tier}, computed by [`lollms check`](../../kit.md#tiers)"
    yield "Works offline", "yes" if manifest.offline else "no"
    yield "May reach", _cell(reach_words(manifest))
    if manifest.capabilities:
        yield "Can", ", ".join(f"`{item}`" for item in manifest.capabilities)
    if manifest.license:
        yield "Licence of the adapter", _cell(manifest.license)


def _install(manifest: Manifest) -> Iterator[str]:
    yield "## Install"
    yield ""
    needs = requirements_of(manifest)
    if needs:
        yield f"It needs {', '.join(f'`{item}`' for item in needs)}. This shows what is missing, and asks before it"
        yield "installs anything:"
        yield ""
        yield "```sh"
        yield f"lollms install {manifest.binding_type}.{manifest.name}"
        yield "```"
    else:
        yield "It comes with `lollms_client` and needs no further package."
    yield ""


def _use(manifest: Manifest) -> Iterator[str]:
    example = EXAMPLES[manifest.binding_type]
    yield "## Use"
    yield ""
    given = needed_settings(manifest)
    for parameter in [item for item in manifest.input_parameters if item.is_secret and item.env]:
        name = f"{manifest.binding_type}.{manifest.name}.{parameter.name}"
        yield f"The key `{parameter.name}`{'' if parameter.mandatory else ', where one is needed,'} is read from the"
        yield f"environment variable `{parameter.env[0]}`, or from the system's keyring: `lollms config set {name}`"
        yield "asks for it."
        yield ""
    kind = manifest.binding_type
    shown = f", {kind}_binding_config={given!r}" if given else ""
    yield "```python"
    yield "from lollms_client import LollmsClient"
    yield ""
    yield f'client = LollmsClient({kind}_binding_name="{manifest.name}"{shown})'
    yield example.program
    yield "```"
    yield ""
    yield "```sh"
    words = "".join(f" --set {name}={value}" for name, value in given.items())
    yield f"lollms {example.command} --binding {manifest.name}{words}"
    yield "```"
    yield ""


def needed_settings(manifest: Manifest) -> dict[str, Any]:
    """Settings that a user must give, because no default says enough, with made-up values to show how."""
    return {
        item.name: item.options[0] if item.options else _MADE_UP.get(item.type, f"your-{item.name}".replace("_", "-"))
        for item in manifest.input_parameters
        if not item.is_secret and item.default in (None, "") and _is_needed(manifest, item)
    }


def _is_needed(manifest: Manifest, item: Parameter) -> bool:
    address = manifest.setting("host_address")
    fills = address is not None and "{" + item.name + "}" in str(address.default)
    return fills or (item.mandatory and not item.env) or (item.name == "model_name" and not manifest.offline)


def _grouped(manifest: Manifest) -> Iterator[tuple[str, tuple[Parameter, ...]]]:
    """Methods with the same parameters stand under one heading."""
    groups: list[tuple[list[str], tuple[Parameter, ...]]] = []
    for method, parameters in manifest.method_parameters.items():
        same = next((names for names, known in groups if known == parameters), None)
        if same is not None:
            same.append(method)
        elif parameters:
            groups.append(([method], parameters))
    for names, parameters in groups:
        yield ", ".join(f"`{name}`" for name in names), parameters


def _parameters(title: str, parameters: Sequence[Parameter]) -> Iterator[str]:
    if parameters:
        yield f"## {title}"
        yield ""
        yield from _table(("Name", "Type", "Default", "What it does"), [_row(item) for item in parameters])


def _row(parameter: Parameter) -> tuple[str, ...]:
    marks = [mark for mark, holds in (("secret", parameter.is_secret), ("needed", parameter.mandatory)) if holds]
    hidden = parameter.is_secret or parameter.default in (None, "", [], {})
    default = "" if hidden else f"`{parameter.default}`"
    return f"`{parameter.name}`", ", ".join([parameter.type, *marks]), default, " ".join(_explained(parameter))


def _explained(parameter: Parameter) -> Iterator[str]:
    if parameter.description:
        yield _cell(parameter.description)
    if parameter.options:
        yield f"One of {', '.join(f'`{value}`' for value in parameter.options)}."
    if parameter.min is not None or parameter.max is not None:
        yield f"{range_words(parameter).capitalize()}."
    elif parameter.unit:
        yield f"In {_cell(parameter.unit)}."
    if parameter.env:
        yield f"Environment: {', '.join(f'`{name}`' for name in parameter.env)}."


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"## {title}"
        yield ""
        yield from (f"- {item}" for item in items)
        yield ""


def _text(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;").replace("[", "\\[")


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|")


__all__ = ["EXAMPLES", "binding_page", "needed_settings", "page_name"]
