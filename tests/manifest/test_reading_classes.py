"""The modality, the settings and the requirements of a class are found by parsing; no code of a binding ever runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from lollms_client.errors import BindingLoadFailed
from lollms_client.manifest import binding_type_of, derive_manifest, says_secret
from lollms_client.manifest.requirement_calls import required_by_calls

BOOBY_TRAP = "raise SystemExit('this code must not run')\n"


def binding(folder: Path, source: str, **modules: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").write_text(BOOBY_TRAP + source)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(BOOBY_TRAP + text)
    return folder


MODALITIES = {
    "plain import": (
        """
from lollms_client.lollms_tts_binding import LollmsTTSBinding
class A(LollmsTTSBinding): ...
""",
        "tts",
    ),
    "renamed class": (
        """
from lollms_client.lollms_tti_binding import LollmsTTIBinding as Base
class A(Base): ...
""",
        "tti",
    ),
    "renamed module": (
        """
import lollms_client.lollms_stt_binding as s
class A(s.LollmsSTTBinding): ...
""",
        "stt",
    ),
    "module from package": (
        """
from lollms_client import lollms_ttv_binding
class A(lollms_ttv_binding.LollmsTTVBinding): ...
""",
        "ttv",
    ),
    "whole dotted name": (
        """
import lollms_client.lollms_ttm_binding
class A(lollms_client.lollms_ttm_binding.LollmsTTMBinding): ...
""",
        "ttm",
    ),
    "class between": (
        """
from lollms_client.lollms_llm_binding import LollmsLLMBinding
class Middle(LollmsLLMBinding): ...
class A(Middle): ...
BindingName = 'A'
""",
        "llm",
    ),
    "assigned name": (
        """
import lollms_client.lollms_tts_binding as t
Base = t.LollmsTTSBinding
class A(Base): ...
""",
        "tts",
    ),
    "inside try": (
        """
try:
    from lollms_client.lollms_tti_binding import LollmsTTIBinding
except ImportError:
    pass
class A(LollmsTTIBinding): ...
""",
        "tti",
    ),
    "several bases": (
        """
from lollms_client.families.engine import EngineBinding
from lollms_client.lollms_stt_binding import LollmsSTTBinding
class A(EngineBinding, LollmsSTTBinding): ...
""",
        "stt",
    ),
    "star": (
        """
from lollms_client.lollms_ttm_binding import *
class A(LollmsTTMBinding): ...
""",
        "ttm",
    ),
    "generic": (
        """
from lollms_client.lollms_tti_binding import LollmsTTIBinding
class A(LollmsTTIBinding[int]): ...
""",
        "tti",
    ),
    "named one of two": (
        """
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.lollms_tts_binding import LollmsTTSBinding
class A(LollmsTTIBinding): ...
class B(LollmsTTSBinding): ...
BindingName: str = 'B'
""",
        "tts",
    ),
    "named by its class": (
        """
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.lollms_tts_binding import LollmsTTSBinding
class A(LollmsTTIBinding): ...
class B(LollmsTTSBinding): ...
BindingName = A.__name__
""",
        "tti",
    ),
    "syntax error": (
        """
from lollms_client.lollms_ttv_binding import LollmsTTVBinding
class A(LollmsTTVBinding:
""",
        "ttv",
    ),
    "loop": (
        """
class A(B): ...
class B(A): ...
BindingName = 'A'
""",
        "",
    ),
    "nothing of ours": (
        """
class A: ...
BindingName = 'A'
""",
        "",
    ),
    "a class that only sounds so": (
        """
class LollmsTTSBinding: ...
class A(LollmsTTSBinding): ...
""",
        "tts",
    ),
}


@pytest.mark.parametrize("name", MODALITIES)
def test_the_modality_is_found_without_importing(name: str, tmp_path: Path) -> None:
    source, expected = MODALITIES[name]

    assert binding_type_of(binding(tmp_path, source)) == expected


def test_classes_in_other_modules_of_the_folder_are_followed(tmp_path: Path) -> None:
    folder = binding(
        tmp_path,
        "from .logic import Engine as E\nBindingName = 'A'\nclass A(E): ...\n",
        logic="from .deep import *\n",
        deep="from lollms_client.lollms_ttm_binding import LollmsTTMBinding as B\nclass Engine(B): ...\n",
    )

    assert binding_type_of(folder) == "ttm"


def test_a_class_defined_in_another_module_and_only_imported_is_found(tmp_path: Path) -> None:
    folder = binding(
        tmp_path,
        "from . import logic\nfrom .logic import A\nBindingName = 'A'\n",
        logic="from lollms_client.lollms_tti_binding import LollmsTTIBinding as B\nclass A(B): ...\n",
    )

    assert binding_type_of(folder) == "tti"


def test_neighbours_imported_without_a_dot_are_followed(tmp_path: Path) -> None:
    folder = binding(
        tmp_path,
        "from base_of_mine import Base\nclass A(Base): ...\nBindingName = 'A'\n",
        base_of_mine="from lollms_client.lollms_llm_binding import LollmsLLMBinding as B\nclass Base(B): ...\n",
    )

    assert binding_type_of(folder) == "llm"


def test_a_folder_without_code_has_no_modality(tmp_path: Path) -> None:
    assert binding_type_of(tmp_path) == ""


PLAIN = '''
"""The module."""
import os
from lollms_client.lollms_tti_binding import LollmsTTIBinding
import pipmaster as pm
pm.ensure_packages({"requests": ">=2", "Pillow": None})
BindingName = "Painter"
class Painter(LollmsTTIBinding):
    """Paints."""
    def __init__(self, host: str = "here", steps=20, **kwargs):
        super().__init__(binding_name="painter", **kwargs)
        self.key = kwargs.get("service_key") or os.getenv("PAINTER_KEY") or os.environ.get("OTHER_KEY")
        self.scale = kwargs.get("scale", 7.5)
        self.verify = self.config.get("verify", True)
        self.names = kwargs.pop("names", ["a"])
        self.model = kwargs["model_name"]
        self.timeout = kwargs.get("timeout", compute())
    def generate_image(self, prompt, negative_prompt="", width: int = 512, hd: bool = None, *, seed=None, **kwargs):
        return b""
'''


def test_a_manifest_is_derived_from_the_class(tmp_path: Path) -> None:
    manifest = derive_manifest(binding(tmp_path / "painter", PLAIN))

    assert manifest.path is None
    assert manifest.derived
    assert manifest.name == "painter"
    assert manifest.binding_type == "tti"
    assert manifest.description == "Paints."
    assert manifest.requirements == ("requests>=2", "Pillow")
    found = {item.name: (item.type, item.default) for item in manifest.input_parameters}
    assert found == {
        "host": ("str", "here"),
        "steps": ("int", 20),
        "service_key": ("str", None),
        "scale": ("float", 7.5),
        "verify": ("bool", True),
        "names": ("list", ["a"]),
        "model_name": ("str", None),
        "timeout": ("str", None),
    }
    key = manifest.setting("service_key")
    assert key is not None
    assert key.is_secret
    assert key.env == ("PAINTER_KEY", "OTHER_KEY")
    method = {item.name: (item.type, item.default) for item in manifest.method("generate_image")}
    assert method == {
        "negative_prompt": ("str", ""),
        "width": ("int", 512),
        "hd": ("bool", None),
        "seed": ("str", None),
    }
    assert len(manifest.warnings) == 1
    assert "no description.yaml" in manifest.warnings[0]


def test_a_derived_manifest_takes_other_settings_too(tmp_path: Path) -> None:
    schema = derive_manifest(binding(tmp_path, PLAIN)).settings_schema()

    assert schema["additionalProperties"] is True


def test_a_class_without_a_docstring_has_the_description_of_its_module(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        '"""About it."""\nfrom lollms_client.lollms_stt_binding import LollmsSTTBinding as B\nclass A(B): ...\n'
    )

    manifest = derive_manifest(folder)

    assert manifest.description == "About it."
    assert manifest.input_parameters == ()


def test_source_that_cannot_be_parsed_says_file_and_line(tmp_path: Path) -> None:
    folder = binding(tmp_path, "class A(\n  def f(:\n")

    with pytest.raises(BindingLoadFailed) as caught:
        derive_manifest(folder)

    assert caught.value.details["line"] == 3
    assert caught.value.details["file"] == str(folder / "__init__.py")
    assert "line 3" in str(caught.value)


@pytest.mark.parametrize(
    "source", [b"\x00", b"# coding: no-such-code\nx = (\n", b"x = " + b"(" * 5000, b"\xff\xfe\xfa"]
)
def test_source_of_no_sense_is_an_error_of_ours(source: bytes, tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_bytes(source)

    assert binding_type_of(tmp_path) == ""
    with pytest.raises(BindingLoadFailed) as caught:
        derive_manifest(tmp_path)
    assert caught.value.details["line"] >= 1


def test_a_folder_without_code_cannot_be_derived_from(tmp_path: Path) -> None:
    with pytest.raises(BindingLoadFailed, match=r"__init__\.py"):
        derive_manifest(tmp_path)


CALLS = {
    "list": ("import pipmaster as pm\npm.ensure_packages(['requests', 'Pillow>=9'])\n", ("requests", "Pillow>=9")),
    "text": ("import pipmaster\npipmaster.ensure_packages('requests')\n", ("requests",)),
    "mapping": (
        "import pipmaster as p\np.ensure_packages({'a': '', 'b': '1.2', 'c': '>=1'})\n",
        ("a", "b==1.2", "c>=1"),
    ),
    "function": ("from pipmaster import ensure_packages as e\ne(['a'])\n", ("a",)),
    "object": (
        "from pipmaster import PackageManager\npm = PackageManager()\npm.install_multiple(['a', 'b'])\n",
        ("a", "b"),
    ),
    "object at once": ("import pipmaster as pm\npm.PackageManager().ensure_packages(['a'])\n", ("a",)),
    "if missing": ("import pipmaster as pm\nif pm:\n    pm.install('a')\n", ("a",)),
    "version": (
        "import pipmaster as pm\npm.install_if_missing('a', '>=2')\npm.install_version('b', '3')\n",
        ("a>=2", "b==3"),
    ),
    "constant": ("import pipmaster as pm\nNEEDED = ['a']\npm.ensure_packages(NEEDED)\n", ("a",)),
    "keyword": ("import pipmaster as pm\npm.ensure_packages(requirements=['a'], index_url='x')\n", ("a",)),
    "inside try": (
        "try:\n    import x\nexcept ImportError:\n    import pipmaster as pm\n    pm.install('x')\n",
        ("x",),
    ),
    "tested": ("import pipmaster as pm\nif not pm.ensure_packages(['a']):\n    raise ImportError\n", ("a",)),
    "later": ("import pipmaster as pm\ndef f():\n    pm.ensure_packages(['a'])\n", ()),
    "other environment": ("import pipmaster as pm\npm.PackageManager(venv_path='v').install('a')\n", ()),
    "other library": ("import pipmaster\nimport other as pm\npm.ensure_packages(['a'])\n", ()),
    "not known before it runs": ("import pipmaster as pm\npm.ensure_packages(needed())\n", ()),
    "no requirement": ("import pipmaster as pm\npm.ensure_packages(['--index-url=x', 'a b'])\n", ()),
}


@pytest.mark.parametrize("name", CALLS)
def test_requirements_in_pipmaster_calls_are_found(name: str, tmp_path: Path) -> None:
    source, expected = CALLS[name]

    assert required_by_calls(binding(tmp_path, source)) == expected


SECRET = [
    "service_key", "api_key", "apiKey", "OPENAI_API_KEY", "hf_token", "token", "access_token", "client_secret",
    "secret",
    "password", "user_password", "apikey", "serviceKey", "key", "secret-key", "APIKey", "bearer_token", "passphrase",
    "hfToken", "ssh_keys",
]  # fmt: skip
ORDINARY = [
    "max_tokens", "n_tokens", "tokenizer", "keyword", "user_keyword", "keyboard", "monkey", "key_signature", "song_key",
    "secretary", "stop_token", "eos_token", "max_token", "tokens", "hockey", "sort_key", "token_limit", "model_name",
    "turkey_mode", "passwordless", "",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET)
def test_names_that_say_secret(name: str) -> None:
    assert says_secret(name)


@pytest.mark.parametrize("name", ORDINARY)
def test_names_that_do_not(name: str) -> None:
    assert not says_secret(name)


def test_the_key_of_a_piece_of_music_is_no_secret() -> None:
    assert not says_secret("key", of_method=True)
    assert not says_secret("key", has_options=True)
    assert says_secret("api_key", of_method=True)
