"""Every fenced block of the README and of the documentation runs, or says why it cannot."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import blocks, pages
from tests.docs.running import PageRun, save_settings
from tests.docs.service import service

NOT_RUN = 12  # blocks with a reason; raise it only for one that no test can run


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with service() as place:
        yield place


@pytest.fixture
def run(
    address: str,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> PageRun:
    own = tmp_path / "home"
    own.mkdir()
    (own / "assets").symlink_to(home / "assets", target_is_directory=True)
    save_settings(own, address)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("LOLLMS_HOME", str(own))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for name in ("OPENAI_API_KEY", "GROQ_API_KEY", "ACME_API_KEY"):
        monkeypatch.setenv(name, "key-for-tests")
    return PageRun(address, monkeypatch.setenv, lambda: capsys.readouterr().out)


@pytest.mark.parametrize("page", [page for page in pages() if any(blocks(page))])
def test_the_blocks_of_a_page_run_in_their_order(page: str, run: PageRun) -> None:
    level = logging.getLogger("lollms_client").level
    for block in blocks(page):
        if not block.reason:
            run.run(block)
    logging.getLogger("lollms_client").setLevel(level)


def test_blocks_that_are_not_run_are_few_and_say_why() -> None:
    left_out = [block for page in pages() for block in blocks(page) if block.reason]
    assert all(len(block.reason.split()) > 2 for block in left_out)
    assert len(left_out) <= NOT_RUN, [f"{block.page}:{block.line}" for block in left_out]


def test_a_block_without_a_known_language_is_a_fault(run: PageRun) -> None:
    (block,) = blocks("page.md", "Words\n\n```\nwhat is this\n```\n")
    with pytest.raises(AssertionError, match="no language"):
        run.run(block)


def test_a_command_that_prints_something_else_is_a_fault(run: PageRun) -> None:
    (block,) = blocks("page.md", "<!-- prints: tier: gold -->\n```sh\nlollms show espeak\n```\n")
    with pytest.raises(AssertionError, match="does not print"):
        run.run(block)


def test_a_command_that_fails_is_a_fault(run: PageRun) -> None:
    (block,) = blocks("page.md", "```sh\nlollms show no_such_binding\n```\n")
    with pytest.raises(AssertionError, match="ended with"):
        run.run(block)
