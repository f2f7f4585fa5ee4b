"""The table of services in the documentation says what the manifests say."""

from __future__ import annotations

from pathlib import Path

from lollms_client.families.openai_compatible.quirks import Quirks
from lollms_client.manifest.reading import load_manifest
from tests.services.openai_llm.cases import FOLDER, binding, services
from tests.services.openai_llm.test_services import PLACES

DOCUMENT = Path(__file__).parents[3] / "docs" / "services.md"
HEAD = "| binding | service | wires | embeddings | tokens counted by | key | verified |\n|---|---|---|---|---|---|---|"


def row(name: str) -> str:
    """One line of the table, out of the manifest."""
    manifest = load_manifest(FOLDER / name)
    quirks: Quirks = binding(name, **PLACES.get(name, {})).quirks
    key = manifest.setting("service_key")
    counted = "the service" if quirks.tokens or quirks.counts_input else "a tokenizer here, else an estimate"
    cells = (
        f"`{name}`",
        f"[{manifest.title}]({next(iter(manifest.links.values()))})",
        ", ".join(quirks.wires),
        "yes" if "embed" in manifest.capabilities else "–",
        counted,
        f"`{key.env[0]}`" if key else "–",
        "; ".join(f"{entry['how']}" for entry in manifest.verified),
    )
    return f"| {' | '.join(cells)} |"


def table() -> str:
    """The whole table."""
    return "\n".join([HEAD, *map(row, services())])


def test_the_table_is_that_of_the_manifests() -> None:
    assert table() in DOCUMENT.read_text("utf-8")
