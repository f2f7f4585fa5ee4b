"""Clients whose bindings run in worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lollms_client import LollmsClient
from tests.isolation.rough_binding import write_bindings

KEY = "sk-canary-123456789"
MakeClient = Callable[..., LollmsClient]


@pytest.fixture(scope="session")
def bindings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bindings(tmp_path_factory.mktemp("rough_bindings"))


def client_of(bindings: Path, **settings: Any) -> LollmsClient:
    """Both bindings, isolated in processes unless the settings say otherwise."""
    llm = {"isolation": "process", "service_key": KEY, **settings}
    tti = {name: value for name, value in llm.items() if name.startswith("isolation")}
    return LollmsClient(
        llm_binding_name="rough", llm_binding_config=llm, tti_binding_name="painter", tti_binding_config=tti,
        bindings_dir=bindings,
    )  # fmt: skip


@pytest.fixture
def make_client(bindings: Path) -> Iterator[MakeClient]:
    made: list[LollmsClient] = []

    def make(**settings: Any) -> LollmsClient:
        made.append(client_of(bindings, **settings))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="module")
def client(bindings: Path) -> Iterator[LollmsClient]:
    """One client for the tests that break nothing."""
    with client_of(bindings, isolation_grace=0.3) as made:
        yield made


@pytest.fixture(scope="module")
def plain_client(bindings: Path) -> Iterator[LollmsClient]:
    """The same bindings in this process."""
    with client_of(bindings, isolation="none") as made:
        yield made
