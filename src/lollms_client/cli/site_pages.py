"""Hooks of MkDocs: adds the pages that follow from code and manifests while the site is built."""

from __future__ import annotations

from typing import Any

from lollms_client.cli.api_pages import PAGES, api_page
from lollms_client.cli.binding_page import binding_page, page_name
from lollms_client.cli.reference import bindings_page, built_in_manifests, recorded_tier
from lollms_client.manifest.model import TYPE_TITLES


def generated_pages() -> dict[str, str]:
    """The Markdown of every generated page, by its place below the folder of the documentation."""
    pages = {f"api/{page.name}.md": api_page(page) for page in PAGES}
    for manifest in built_in_manifests():
        pages[page_name(manifest)] = binding_page(manifest, tier=recorded_tier(manifest))
    return pages


def generated_navigation() -> list[Any]:
    """The entries of the site's navigation for them: the classes, then the bindings by modality."""
    kinds: dict[str, list[dict[str, str]]] = {}
    for manifest in built_in_manifests():
        title = TYPE_TITLES[manifest.binding_type].capitalize()
        kinds.setdefault(title, []).append({manifest.title or manifest.name: page_name(manifest)})
    classes = [{page.title: f"api/{page.name}.md"} for page in PAGES]
    return [{"Classes and functions": classes}, {"Each binding": [{title: kinds[title]} for title in kinds]}]


def on_config(config: Any) -> Any:
    """Put the generated pages into the section Reference."""
    for section in config.nav:
        if "Reference" in section:
            section["Reference"].extend(generated_navigation())
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages."""
    from mkdocs.structure.files import File

    for place, text in generated_pages().items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Let the table of bindings lead to their pages, which exist on the site alone."""
    return bindings_page(linked=True) if page.file.src_uri == "bindings.md" else markdown
