"""What a binding may reach: read with clear errors, and compared with what was seen of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from lollms_client.errors import BadManifest
from lollms_client.manifest import Manifest, load_manifest, manifest_schema
from lollms_client.manifest.reach import compare_reach, hosts_of_settings, reach_is_declared, reach_lines


def written(folder: Path, reach: Any) -> Path:
    file = folder / "description.yaml"
    file.write_text(yaml.safe_dump({"title": "Acme", "reach": reach}), encoding="utf-8")
    return file


def declaring(**reach: list[str]) -> Manifest:
    return Manifest(name="acme", folder=Path("/nowhere/acme"), reach=reach)


GOOD: list[Any] = [
    None, {}, {"hosts": ["api.example.com", "*.example.org", "127.0.0.1", "localhost:8080", "[::1]:80", "*"]},
    {"hosts": "api.example.com"}, {"hosts": []}, {"hosts": ["{region}.example.com", "eu.*.example.com"]},
    {"paths": ["~/models", "/data"], "processes": ["ffmpeg"]}, {"x-note": {"a": 1}},
]  # fmt: skip
BAD: list[tuple[Any, str]] = [
    ({"host": ["a.example"]}, "write hosts"),
    ({"network": True}, "use hosts, paths, processes"),
    ({"hosts": ["https://api.example.com/v1"]}, "write the host alone: api.example.com"),
    ({"hosts": ["api.example.com/v1"]}, "write the host alone: api.example.com"),
    ({"hosts": ["user@example.com"]}, "is not a host"),
    ({"hosts": {"api": "x"}}, "list of texts"),
    ({"paths": [""]}, "empty item"),
    (["api.example.com"], "must be a mapping"),
]


@pytest.mark.parametrize("reach", GOOD, ids=str)
def test_good_declarations_are_read(tmp_path: Path, reach: Any) -> None:
    found = load_manifest(written(tmp_path, reach)).reach

    assert set(found) == set(reach or {})
    jsonschema.validate({"reach": reach}, manifest_schema())


@pytest.mark.parametrize(("reach", "words"), BAD, ids=str)
def test_bad_declarations_are_refused_with_line_and_cure(tmp_path: Path, reach: Any, words: str) -> None:
    with pytest.raises(BadManifest, match=words) as caught:
        load_manifest(written(tmp_path, reach))

    assert caught.value.details["line"] >= 1
    assert not jsonschema.Draft202012Validator(manifest_schema()).is_valid({"reach": reach})


HOSTS = [
    (["api.example.com"], "api.example.com", True), (["api.example.com"], "API.Example.com.:443", True),
    (["api.example.com"], "example.com", False), (["api.example.com"], "evil-api.example.com", False),
    (["*.example.com"], "a.b.example.com", True), (["*.example.com"], "example.com", False),
    (["*.example.com"], "example.com.evil.org", False), (["api.example.com:443"], "api.example.com:8443", False),
    (["api.example.com:443"], "api.example.com", True), (["api.example.com:*"], "api.example.com:9", True),
    (["{region}.example.com"], "eu.example.com", True), (["::1"], "[::1]:80", True), (["*"], "anything", True),
    ([], "api.example.com", False),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "seen", "known"), HOSTS)
def test_hosts_are_compared_by_pattern(declared: list[str], seen: str, known: bool) -> None:
    findings = compare_reach(declaring(hosts=declared), seen_hosts=[seen, seen])

    assert [item.seen for item in findings] == ([] if known else [seen])


def test_the_user_may_name_further_hosts() -> None:
    settings = {"host_address": "http://me:word@box.local:11434/v1", "server": "10.0.0.7:80", "model": "a.b", "n": 3}

    assert hosts_of_settings(settings) == ("box.local", "10.0.0.7")
    assert compare_reach(declaring(), seen_hosts=["box.local:11434", "10.0.0.7"], settings=settings) == ()


def test_paths_are_compared_with_what_lies_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("ACME_DATA", "/data/acme")
    manifest = declaring(paths=["~/models", "$ACME_DATA", "/opt/*/voices"])
    fine = ["/home/somebody/models/a.gguf", "/data/acme", "/opt/acme/voices/x", str(tmp_path / "x"), "/dev/null"]
    wrong = ["/home/somebody/.ssh/id", "/data/acme2/x", "/home/somebody/models/../notes"]

    assert [item.seen for item in compare_reach(manifest, seen_paths=[*fine, *wrong])] == wrong


def test_processes_are_compared_by_name_or_path() -> None:
    manifest = declaring(processes=["ffmpeg", "/opt/acme/bin/serve", "python"])
    fine = ["ffmpeg", "/usr/bin/ffmpeg", "ffmpeg.exe", "/opt/acme/bin/serve", "/usr/bin/python3.11"]
    wrong = ["curl", "/tmp/serve", "pythonista"]

    assert [item.seen for item in compare_reach(manifest, seen_processes=[*fine, *wrong])] == wrong


def test_what_is_not_declared_is_said_aloud() -> None:
    finding = compare_reach(declaring(hosts=["a.example"]), seen_hosts=["b.example"])[0]

    assert str(finding) == (
        "it reached the host b.example, which its manifest does not declare under reach: hosts (declared are a.example)"
    )
    assert reach_lines(declaring())[0].startswith("NOT DECLARED")
    assert reach_lines(declaring(hosts=[])) == ["hosts: none", "paths: none declared", "processes: none declared"]
    assert [reach_is_declared(declaring()), reach_is_declared(declaring(hosts=[]))] == [False, True]
