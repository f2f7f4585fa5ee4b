"""What is not installed: code that would run by itself, links, bombs, names that lead elsewhere, forged wheels."""

from __future__ import annotations

import json
import os
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lollms_client import errors
from lollms_client.installing import InstallRefused, Offer, Staging, install, read_source, uninstall
from lollms_client.installing.records import bindings_folder, installed_bindings
from lollms_client.installing.sources import looks_like_source
from tests.installing.sources_made import (
    BINDING,
    TRAP,
    git,
    write_folder,
    write_repository,
    write_wheel,
    write_zip,
)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def offers(source: str | Path, **options: str | list[str]) -> list[Offer]:
    with Staging(read_source(str(source))) as staging:
        return staging.offers(**options)  # type: ignore[arg-type]


def install_all(source: str | Path, allowed: list[str]) -> None:
    with Staging(read_source(str(source))) as staging:
        for offer in staging.offers(allowed=allowed):
            install(offer, allowed=allowed)


RUNNING = {
    "x.pth": ("import os\n", "startup-code"),
    "inner/deep.PTH": ("import os\n", "startup-code"),
    "sitecustomize.py": (TRAP, "startup-code"),
    "usercustomize/__init__.py": (TRAP, "startup-code"),
    "setup.py": (TRAP, "install-code"),
    "pyproject.toml": ("[build-system]\nrequires=[]\nbuild-backend='b'\nbackend-path=['.']\n", "install-code"),
    "sub/pyproject.toml": ("[tool.hatch.build.hooks.custom]\npath='b.py'\n", "install-code"),
    "setup.cfg": ("[options]\ncmdclass = build = b.Build\n", "install-code"),
}


@pytest.mark.parametrize("name", RUNNING)
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_code_that_runs_by_itself_is_refused_unless_allowed(name: str, kind: str, tmp_path: Path) -> None:
    text, what = RUNNING[name]
    files = {**BINDING, name: text}
    folder = write_folder(tmp_path / "hummer", files)
    source = folder if kind == "folder" else write_zip(tmp_path / "hummer.zip", dict(files))

    with pytest.raises(InstallRefused, match=name.replace(".", r"\.")) as caught:
        offers(source)
    assert f"--allow {what} takes it all the same" in str(caught.value)
    assert installed_bindings() == {}
    install_all(source, [what])
    assert installed_bindings()["tts.hummer"].allowed == (what,)
    assert not list((tmp_path / "home").rglob("RAN"))


def test_an_honest_project_is_not_refused(tmp_path: Path) -> None:
    project = "[build-system]\nrequires=['hatchling']\nbuild-backend='hatchling.build'\n[project]\nname='x'\n"
    entry = "[console_scripts]\nx = x:main\n[lollms_client.bindings]\nhummer = x.hummer\n"
    files = {f"src/x/hummer/{name}": text for name, text in BINDING.items()}
    folder = write_folder(tmp_path / "project", {**files, "pyproject.toml": project, "x/entry_points.txt": entry})

    assert [offer.candidate.name for offer in offers(folder)] == ["hummer"]


NAMES = {
    "/etc/x.py": "absolute",
    "../x.py": "leads elsewhere",
    "a/../../x.py": "leads elsewhere",
    "a//x.py": "leads elsewhere",
    "C:/x.py": "absolute",
    "a\\..\\x.py": "absolute",
    "con.txt": "Windows",
    "x.py.": "Windows",
    "a\u202ey.py": "not seen",
    "DESCRIPTION.yaml": "collides",
    "sound.py/x.py": "collides",
    "x" * 250: "longer than",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_in_archives(name: str, tmp_path: Path) -> None:
    source = tmp_path / "hummer.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for known, text in BINDING.items():
            archive.writestr(known, text)
        item = zipfile.ZipInfo("placeholder")
        item.filename = name  # as it is, without zipfile's own repairs
        archive.writestr(item, "x")

    with pytest.raises(InstallRefused, match=NAMES[name]):
        offers(source)
    assert not (tmp_path / "x.py").exists()


def special(name: str, mode: int) -> zipfile.ZipInfo:
    item = zipfile.ZipInfo(name)
    item.create_system = 3
    item.external_attr = mode << 16
    return item


MODES = {
    "link": (stat.S_IFLNK | 0o777, "links"),
    "setuid": (stat.S_IFREG | stat.S_ISUID | 0o755, "setuid"),
    "device": (stat.S_IFBLK | 0o644, ""),
    "pipe": (stat.S_IFIFO | 0o644, ""),
}


@pytest.mark.parametrize("what", MODES)
def test_what_is_no_plain_file_in_an_archive(what: str, tmp_path: Path) -> None:
    mode, kind = MODES[what]
    source = write_zip(tmp_path / "hummer.zip", dict(BINDING))
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr(special("odd", mode), "/etc/passwd")

    with pytest.raises(InstallRefused, match="odd"):
        offers(source)
    if kind:
        assert offers(source, allowed=[kind])[0].files.keys() >= BINDING.keys()


def test_bombs_are_refused(tmp_path: Path) -> None:
    source = write_zip(tmp_path / "hummer.zip", {**BINDING, "bomb.bin": bytes(60_000_000)})
    with pytest.raises(InstallRefused, match=r"bomb\.bin: it is packed as tightly"):
        offers(source)
    many = write_zip(tmp_path / "many.zip", {f"hummer/{number}.txt": "" for number in range(5_002)})
    with pytest.raises(InstallRefused, match="more than 5000 files"):
        offers(many)


def test_damaged_and_locked_archives(tmp_path: Path) -> None:
    good = write_zip(tmp_path / "good.zip", dict(BINDING)).read_bytes()
    flipped = good[:60] + bytes([good[60] ^ 0xFF]) + good[61:]
    for number, data in enumerate((b"no zip", good[:-30], flipped)):
        file = tmp_path / f"bad{number}.zip"
        file.write_bytes(data)
        with pytest.raises(InstallRefused, match="cannot be unpacked"):
            offers(file)


WHEEL = {f"hum/hummer/{name}": text for name, text in BINDING.items()}


def test_wheels_are_what_their_record_says(tmp_path: Path) -> None:
    name = "hum/hummer/sound.py"
    assert offers(write_wheel(tmp_path / "good.whl", WHEEL))
    with pytest.raises(InstallRefused, match=r"sound\.py: its content is not what RECORD says"):
        offers(write_wheel(tmp_path / "changed.whl", WHEEL, wrong=name))
    with pytest.raises(InstallRefused, match=r"sound\.py: RECORD has no hash"):
        offers(write_wheel(tmp_path / "more.whl", WHEEL, unrecorded=name))
    with pytest.raises(InstallRefused, match="one RECORD"):
        offers(write_zip(tmp_path / "none.whl", dict(WHEEL)))


@pytest.mark.parametrize("name", ["hummer-1.2.data/scripts/run", "hummer-1.2.data/data/etc/x", "evil.pth"])
def test_wheels_lay_nothing_elsewhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(InstallRefused, match=name.rpartition("/")[2].replace(".", r"\.")):
        offers(write_wheel(tmp_path / "evil.whl", {**WHEEL, name: "x"}))


def test_wheels_with_install_hooks(tmp_path: Path) -> None:
    entry = {"hummer-1.2.dist-info/entry_points.txt": "[distutils.commands]\nx = hum:x\n"}
    with pytest.raises(InstallRefused, match="run while something is installed"):
        offers(write_wheel(tmp_path / "evil.whl", {**WHEEL, **entry}))


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX systems")
def test_what_is_no_plain_file_in_a_folder(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "hummer", BINDING)
    (tmp_path / "outside.txt").write_text("secret")
    inside, outside, pipe = folder / "inside.py", folder / "outside.txt", folder / "pipe"
    inside.symlink_to(folder / "sound.py")
    with pytest.raises(InstallRefused, match=r"inside\.py: it is a link"):
        offers(folder)
    assert "inside.py" in offers(folder, allowed=["links"])[0].files
    inside.unlink()
    outside.symlink_to(tmp_path / "outside.txt")
    with pytest.raises(InstallRefused, match="leads out of the folder"):
        offers(folder, allowed=["links"])
    outside.unlink()
    os.mkfifo(pipe)
    with pytest.raises(InstallRefused, match="neither a file nor a folder"):
        offers(folder)


def test_a_binding_of_the_package_is_not_hidden_unasked(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "espeak", BINDING)
    with pytest.raises(InstallRefused, match=r"tts\.espeak is taken"):
        offers(folder)
    assert offers(folder, allowed=["shadowing"])[0].notes


def test_requirements_are_not_built_unasked(tmp_path: Path) -> None:
    requirement = "requirements: ['acme @ git+https://example.org/acme']"
    files = {**BINDING, "description.yaml": BINDING["description.yaml"].replace("requirements: [msgspec]", requirement)}
    folder = write_folder(tmp_path / "hummer", files)
    with pytest.raises(InstallRefused, match=r"is built from source.*--allow builds"):
        offers(folder)
    assert offers(folder, allowed=["builds"])


def test_git_runs_nothing_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "hummer"
    write_repository(
        repository, {**BINDING, ".gitattributes": "*.py filter=evil\n*.txt export-subst\n", "v.txt": "$Format:%H$"}
    )
    ran = tmp_path / "RAN"
    settings = tmp_path / "gitconfig"
    settings.write_text(
        f'[filter "evil"]\n smudge = "touch {ran}; cat"\n required = true\n[core]\n hooksPath = {tmp_path / "hooks"}\n'
    )
    for hook in ("post-checkout", "reference-transaction", "post-merge"):
        path = tmp_path / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {ran}\n")
        path.chmod(0o755)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))

    install_all(repository.as_uri(), [])
    assert not ran.exists()
    place = bindings_folder() / "hummer"
    assert (place / "sound.py").read_text() == BINDING["sound.py"]
    assert (place / "v.txt").read_text() == "$Format:%H$"
    assert not (place / ".git").exists()


def test_links_and_submodules_of_a_repository_are_left_out(tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_repository(other, {"x.py": TRAP})
    repository = tmp_path / "hummer"
    write_repository(repository, BINDING)
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", other.as_uri(), "part")
    git(repository, "commit", "--quiet", "--message", "part")
    assert not [name for name in offers(repository.as_uri())[0].files if name.startswith("part")]
    if sys.platform != "win32":
        (repository / "link.py").symlink_to("/etc/passwd")
        git(repository, "add", "link.py")
        git(repository, "commit", "--quiet", "--message", "link")
        with pytest.raises(InstallRefused, match=r"link\.py: it is a link"):
            offers(repository.as_uri())


ADDRESSES = {
    "ext::sh -c touch% x": "no file or folder",
    "git+ext://x": "not safe",
    "http://example.org/x.git": "not safe",
    "git://example.org/x.git": "not safe",
    "https://example.org/x.whl": "download it",
    "https://example.org/x.git@--upload-pack=x": "not understood",
    "https://example.org/x.git@a b": "not understood",
    "https://example.org/x.git#subdirectory=../y": "leads out",
    "https://example.org/x.git#branch=y": "is not understood",
    "nowhere/at/all": "there is no file or folder",
    "x.tar.gz/": "there is no file or folder",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(errors.BadSetting, match=ADDRESSES[address]):
        read_source(address)


READ: dict[str, tuple[str, str, str]] = {
    "https://example.org/me/it.git": ("https://example.org/me/it.git", "", ""),
    "git+https://example.org/me/it@v1.2#subdirectory=a/b": ("https://example.org/me/it", "v1.2", "a/b"),
    "https://me:word@example.org/it.git@feature/x": ("https://me:word@example.org/it.git", "feature/x", ""),
    "ssh://git@example.org/me/it.git@main": ("ssh://git@example.org/me/it.git", "main", ""),
    "git@example.org:me/it.git@v1": ("git@example.org:me/it.git", "v1", ""),
    "git@example.org:me/it.git": ("git@example.org:me/it.git", "", ""),
}


@pytest.mark.parametrize("text", READ)
def test_addresses_are_read(text: str) -> None:
    source = read_source(text)

    assert (source.address, source.ref, source.subdirectory) == READ[text]
    assert looks_like_source(text)
    assert "word" not in source.shown
    assert source.name in ("it", "b")


def test_names_of_bindings_are_no_sources() -> None:
    assert [text for text in ("espeak", "tts.espeak", "openai_compatible") if looks_like_source(text)] == []


def test_git_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.MissingDependency, match="install git"):
        offers((tmp_path / "x").as_uri() + ".git")


def test_what_git_cannot_fetch_is_said(tmp_path: Path) -> None:
    write_repository(tmp_path / "hummer", BINDING)
    address = (tmp_path / "hummer").as_uri()
    with pytest.raises(errors.Unavailable, match="git could not fetch"):
        offers((tmp_path / "nothing").as_uri())
    with pytest.raises(errors.NotFound, match="git could not fetch"):
        offers(f"{address}@no-such-branch")
    with pytest.raises(errors.BadSetting, match="has no folder 'lost'"):
        offers(f"{address}#subdirectory=lost")


def test_a_folder_of_the_user_is_not_replaced(tmp_path: Path) -> None:
    write_folder(bindings_folder() / "hummer", {"mine.txt": "mine"})
    source = write_folder(tmp_path / "hummer", BINDING)
    with pytest.raises(errors.BadSetting, match="was not installed by"):
        install_all(source, [])
    assert (bindings_folder() / "hummer" / "mine.txt").read_text() == "mine"
    with pytest.raises(errors.UnknownBinding, match="those are: none"):
        uninstall("hummer")


def test_a_source_without_a_binding_or_with_a_broken_one(tmp_path: Path) -> None:
    with pytest.raises(errors.UnknownBinding, match="holds no binding"):
        offers(write_folder(tmp_path / "empty", {"readme.txt": "x"}))
    with pytest.raises(errors.BadManifest, match="line"):
        offers(write_folder(tmp_path / "broken", {**BINDING, "description.yaml": "title: [\n"}))


def test_an_interrupted_installation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_folder(tmp_path / "hummer", BINDING)
    before = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if Path(target).name == "hummer":
            raise OSError("the disk is full")
        return before(path, target)

    call: Callable[..., Path] = fail
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", call)
        with pytest.raises(OSError, match="disk is full"):
            install_all(source, [])
    assert installed_bindings() == {}
    assert [item.name for item in bindings_folder().iterdir()] == [".installing.lock"]
    install_all(source, [])
    assert list(installed_bindings()) == ["tts.hummer"]


def test_errors_name_files_of_the_source_and_not_of_its_copy(tmp_path: Path) -> None:
    broken = {**BINDING, "description.yaml": "title: [\n"}
    archive = write_zip(tmp_path / "hummer.zip", {f"hummer/{name}": text for name, text in broken.items()})
    for source in (write_folder(tmp_path / "hummer", broken), archive):
        with pytest.raises(errors.BadManifest) as caught:
            offers(source)
        assert str(source) in str(caught.value)
        assert ".incoming" not in json.dumps(caught.value.as_dict())


def test_what_is_wrong_but_not_dangerous_is_told(tmp_path: Path) -> None:
    wheel = write_wheel(
        tmp_path / "hummer-1.2-py3-none-any.whl",
        {"hummer/" + name: text for name, text in {**BINDING, "odd.py": "def (:\n"}.items()},
        requires="loudspeakers>=2",
    )
    (offer,) = offers(wheel)
    told = "\n".join(offer.lines())
    assert "WARNING: Python cannot read its code (odd.py, line 1" in told
    assert "WARNING: its wheel asks for loudspeakers>=2" in told


def test_a_branch_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_repository(tmp_path / "hummer", BINDING)
    with pytest.raises(errors.NotFound, match="no branch, tag or commit 'v9'"):
        offers((tmp_path / "hummer").as_uri() + "@v9")


@pytest.mark.parametrize("name", ["con", "LPT1.x", "../x"])
def test_a_name_must_be_one_on_every_system(name: str, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "hummer", BINDING)
    with pytest.raises(errors.BadManifest, match="cannot be the name of a binding"):
        offers(source, name=name)
