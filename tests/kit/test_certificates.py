"""Code that leaves certificates unchecked is told, unless it hangs on a setting that checks by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from lollms_client.testing.report import Finding
from lollms_client.testing.rules import all_rules
from lollms_client.testing.running import apply_rule
from lollms_client.testing.subject import find_subject
from tests.kit.broken_bindings import CODE, MAKE, MANIFEST, RESULT, TOP

SETTING = "  - {{name: {name}, type: bool, description: Check certificates., default: {default}}}\n"

# where it goes in the sample, and what stands there
UNCHECKED: dict[str, tuple[str, str]] = {
    "verify of a call": (RESULT, "        send(self.host, verify=False)\n"),
    "verify of a session": (MAKE, "        self.session = make()\n        self.session.verify = False\n"),
    "verify in a table": (RESULT, "        options = {'verify': False}\n"),
    "verify put into a table": (RESULT, "        options['verify'] = False\n"),
    "a constant": (TOP, "CHECKED = False\n\n\ndef opened(host):\n    return send(host, verify=CHECKED)\n\n\n"),
    "an attribute that is never true": (MAKE,
                                        "        self.checked = False\n        send(self.host, verify=self.checked)\n"),
    "an argument that nobody describes": (MAKE, "        send(self.host, verify=kwargs.get('check', False))\n"),
    "a context that checks nothing": (RESULT, "        context = ssl._create_unverified_context()\n"),
    "CERT_NONE": (RESULT, "        context.verify_mode = ssl.CERT_NONE\n"),
    "CERT_NONE by its name": (TOP, "from ssl import CERT_NONE as LAX\n"),
    "any host name": (RESULT, "        context.check_hostname = False\n"),
    "aiohttp": (RESULT, "        import aiohttp\n        connector = aiohttp.TCPConnector(ssl=False)\n"),
    "aiohttp, older": (RESULT, "        connector = TCPConnector(verify_ssl=False)\n"),
    "urllib3": (RESULT, "        pool = PoolManager(cert_reqs='CERT_NONE')\n"),
    "warnings silenced": (TOP, "import urllib3\nurllib3.disable_warnings()\n"),
    "warnings filtered": (TOP, "warnings.filterwarnings('ignore', category=InsecureRequestWarning)\n"),
    "a bare context": (RESULT, "        context = ssl.SSLContext(ssl.PROTOCOL_TLS)\n"),
    "another program": (RESULT, "        run(['curl', '-k', self.host])\n"),
    "a variable of other programs": (TOP, "os.environ['CURL_CA_BUNDLE'] = ''\n"),
    "a variable decides": (RESULT, "        if os.getenv('LAX'):\n            send(self.host, verify=False)\n"),
}  # fmt: skip

# code that hangs on a setting: of that name, with that default
HANGING: dict[str, str] = {
    "handed on": "        send(self.host, verify=kwargs.get('{name}', True))\n",
    "kept and handed on": "        self.checked = kwargs.get('{name}')\n        send(self.host, verify=self.checked)\n",
    "under a condition": "        self.checked = kwargs.get('{name}')\n        if not self.checked:\n"
                         "            context.verify_mode = ssl.CERT_NONE\n",
    "in an expression": "        context = None if kwargs.get('{name}') else ssl._create_unverified_context()\n",
    "in a function": "        def made(check):\n            if check:\n                return None\n"
                     "            return ssl._create_unverified_context()\n\n        made(kwargs['{name}'])\n",
}  # fmt: skip
RULE = next(rule for rule in all_rules() if rule.code == "S201")


def _finding(folder: Path, place: str = "", code: str = "", setting: str = "") -> Finding:
    folder.mkdir()
    (folder / "description.yaml").write_text(MANIFEST.replace("generate_audio_par", f"{setting}generate_audio_par"))
    (folder / "__init__.py").write_text(CODE.replace(place, code + place, 1) if place else CODE)
    return apply_rule(RULE, find_subject(folder), {})


@pytest.mark.parametrize("name", UNCHECKED)
def test_certificates_that_nobody_checks_are_told(tmp_path: Path, name: str) -> None:
    found = _finding(tmp_path / "sample_voice", *UNCHECKED[name])
    assert found.state == "failed"
    assert "__init__.py, line " in found.faults[0]


@pytest.mark.parametrize("name", HANGING)
def test_a_setting_may_decide_where_its_default_checks(tmp_path: Path, name: str) -> None:
    for count, (setting, default, state) in enumerate((
        ("verify_ssl_certificate", "true", "passed"),
        ("verify_ssl_certificate", "false", "failed"),
        ("allow_insecure", "false", "passed"),
        ("allow_insecure", "true", "failed"),
    )):  # fmt: skip
        folder = tmp_path / str(count) / "sample_voice"
        folder.parent.mkdir()
        row = SETTING.format(name=setting, default=default)
        assert _finding(folder, MAKE, HANGING[name].format(name=setting), row).state == state, (setting, default)


def test_code_that_checks_is_not_complained_of(tmp_path: Path) -> None:
    checked = (
        "        context = ssl.create_default_context(cafile=kwargs.get('bundle'))\n"
        "        strict = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n        send(self.host, verify=True, ssl=context)\n"
    )
    assert _finding(tmp_path / "sample_voice", MAKE, checked).state == "passed"
