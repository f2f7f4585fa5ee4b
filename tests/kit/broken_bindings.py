"""Bindings with one fault each, made from one that has none, and the rule that must find the fault."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

MANIFEST = """
title: Sample voice
author: A tester
version: "1.0.0"
license: MIT
binding_type: tts
description: Speaks with a service that is never reached, for tests of the kit.
requirements: ["packaging>=24"]
reach: {hosts: [speech.example.com]}
input_parameters:
  - {name: host_address, type: str, description: Where the service is., default: "https://speech.example.com"}
  - {name: service_key, type: str, description: The key of your account., is_secret: true, env: SAMPLE_VOICE_KEY}
generate_audio_parameters:
  - {name: voice, type: str, description: The voice., default: anna}
  - {name: speed, type: float, description: The pace., default: 1.0, min: 0.5, max: 2.0, step: 0.1}
"""

CODE = '''"""A sample."""

import urllib.request

from lollms_client.lollms_tts_binding import LollmsTTSBinding

BindingName = "SampleVoice"


class SampleVoice(LollmsTTSBinding):
    """Speaks."""

    def __init__(self, **kwargs):
        super().__init__("sample_voice", **kwargs)
        self.host = kwargs.get("host_address")
        self.key = kwargs.get("service_key")

    def generate_audio(self, text, voice=None, speed=1.0, **kwargs):
        request = urllib.request.Request(self.host + "/speech", text.encode(), {"Authorization": "Bearer " + self.key})
        try:
            with urllib.request.urlopen(request, timeout=5) as reply:
                return reply.read()
        except OSError as error:
            return {"status": "error", "message": f"no speech: {error}"}

    def list_voices(self):
        return ["anna", "ben"]

    def list_models(self):
        return ["one"]
'''


class Broken(NamedTuple):
    """One fault: what is replaced in the manifest or the code, and the code of the rule that must find it."""

    rule: str
    old: str = ""
    new: str = ""
    folder: str = ""  # another name of the folder
    without: str = ""  # a file that is missing


TOP = "BindingName ="
MAKE = "        self.host = kwargs"
RESULT = "        try:\n            with"

BROKEN: dict[str, Broken] = {
    "unreadable": Broken("M101", "title: Sample voice", "title: [open"),
    "no_manifest": Broken("M102", without="description.yaml"),
    "odd_folder": Broken("M107", folder="Sample-Voice"),
    "no_licence_of_weights": Broken("M112", "license: MIT", "license: MIT\nlicenses: [{name: Weights, license: ''}]"),
    "no_argument": Broken("M201", "{name: speed, type: float", "{name: class, type: float"),
    "shared_variable": Broken("M206", "env: SAMPLE_VOICE_KEY}", "env: SAMPLE_VOICE_KEY}\n"
                              "  - {name: region, type: str, description: Where., env: SAMPLE_VOICE_KEY}"),
    "option_twice": Broken("M209", "default: anna}", "default: anna, options: [anna, ben, anna]}"),
    "no_author": Broken("M103", "author: A tester\n", ""),
    "bad_version": Broken("M105", '"1.0.0"', '"first one"'),
    "wrong_modality": Broken("M108", "binding_type: tts", "binding_type: ttm"),
    "mistyped_key": Broken("M109", "requirements:", "requirments:"),
    "bare_link": Broken("M113", "license: MIT", "license: MIT\nlinks: {home: somewhere}"),
    "undeclared_package": Broken("M115", "import urllib.request", "import urllib.request\nimport hypothesis"),
    "unknown_method": Broken("M116", "generate_audio_parameters", "generate_image_parameters"),
    "unread_setting": Broken("M214", "input_parameters:\n", "input_parameters:\n"
                             "  - {name: region, type: str, description: Where it is., options: [eu, us]}\n"),
    "undescribed_setting": Broken("M117", MAKE, '        self.pace = kwargs.get("pace")\n' + MAKE),
    "offline_with_hosts": Broken("M118", "license: MIT", "license: MIT\noffline: true"),
    "undated": Broken("M120", "license: MIT", "license: MIT\nverified: [{how: real service, note: by hand}]"),
    "tried_tomorrow": Broken("M120", "license: MIT", "license: MIT\nverified: [{how: docs, date: '2999-01-01'}]"),
    "undated_in_a_word": Broken("M120", "license: MIT", "license: MIT\nverified: [by hand]"),
    "link_without_dot": Broken("M113", "license: MIT", "license: MIT\nlinks: {home: 'https://somewhere'}"),
    "link_of_another_kind": Broken("M113", "license: MIT", "license: MIT\nlinks: {home: 'mailto:me@example.com'}"),
    "placeholder": Broken("M121", "The voice.", "CHANGE ME"),
    "nothing_described": Broken("M202", "description: The pace., ", ""),
    "open_secret": Broken("M203", "is_secret: true", "is_secret: false"),
    "published_secret": Broken("M204", "is_secret: true", "is_secret: true, default: sk-1234567890"),
    "large_step": Broken("M208", "step: 0.1", "step: 9"),
    "plain_http": Broken("M211", "https://", "http://"),
    "syntax_error": Broken("M101", "    def list_voices(self):", "    def list_voices(self:"),
    "raises_on_import": Broken("C101", TOP, '{}["missing"]\n' + TOP),
    "ends_the_process": Broken("C102", RESULT, "        import os\n        os._exit(3)\n" + RESULT),
    "reaches_on_import": Broken("C103", TOP, "try:\n    urllib.request.urlopen('http://192.0.2.1')\n"
                                "except OSError:\n    pass\n" + TOP),
    "starts_a_process": Broken("C104", TOP, "import subprocess\nsubprocess.run(['true'])\n" + TOP),
    "prints_on_import": Broken("C105", TOP, "print('loading')\n" + TOP),
    "writes_on_import": Broken("C106", TOP, "open('notes.txt', 'w').close()\n" + TOP),
    "changes_directory": Broken("C107", TOP, "import os\nos.chdir('/')\n" + TOP),
    "slow_import": Broken("C108", TOP, "import time\nwhile time.process_time() < 6: pass\n" + TOP),
    "large_import": Broken("C109", TOP, "SPACE = b'1' * 600_000_000\n" + TOP),
    "no_method": Broken("C201", "def generate_audio", "def speak"),
    "async_method": Broken("C202", "def list_voices", "async def list_voices"),
    "more_arguments": Broken("C202", "text, voice=None", "text, volume, voice=None"),
    "drifted": Broken("C203", "speed=1.0", "speed=1.0, pitch=1.0"),
    "cannot_be_made": Broken("C204", MAKE, '        raise RuntimeError("no")\n' + MAKE),
    "reaches_when_made": Broken("C205", MAKE, "        import socket\n        try:\n            "
                                "socket.create_connection(('192.0.2.1', 80))\n        except OSError:\n"
                                "            pass\n" + MAKE),
    "process_when_made": Broken("C206", MAKE, "        import subprocess\n        subprocess.run(['true'])\n" + MAKE),
    "variable_when_made": Broken("C207", MAKE, '        import os\n        os.environ["SPEECH"] = "1"\n' + MAKE),
    "wrong_type": Broken("C208", RESULT, '        return "a path.wav"\n' + RESULT),
    "silent_failure": Broken("C209", 'return {"status": "error", "message": f"no speech: {error}"}', 'return b""'),
    "wordless_failure": Broken("C210", '"message": f"no speech: {error}"', '"message": ""'),
    "bound_to_thread": Broken("C213", RESULT, "        import threading\n        if threading.current_thread() is not "
                              "threading.main_thread():\n            raise RuntimeError('wrong thread')\n" + RESULT),
    "own_event_loop": Broken("C214", RESULT, "        import asyncio\n        asyncio.run(asyncio.sleep(0))\n"
                             + RESULT),
    "two_lists": Broken("C215", "    def list_models", "    def listModels(self):\n        return ['one', 'two']\n\n"
                        "    def list_models"),
    "settings_say_nothing": Broken("C216", "    def list_models", "    def set_settings(self, settings):\n"
                                   "        pass\n\n    def list_models"),
    "key_in_result": Broken("S101", 'return ["anna", "ben"]', 'return ["anna", self.key]'),
    "prints_key": Broken("S102", RESULT, "        print(self.key)\n" + RESULT),
    "logs_key": Broken("S103", RESULT, "        import logging\n        logging.getLogger('x').info(self.key)\n"
                       + RESULT),
    "warns_of_key": Broken("S104", RESULT, "        import warnings\n        warnings.warn(self.key)\n" + RESULT),
    "shows_key": Broken("S105", "    def list_models", "    def __repr__(self):\n        return self.key\n\n"
                        "    def list_models"),
    "gives_key": Broken("S106", "    def list_models", "    def get_settings(self):\n"
                        "        import types\n        return types.MappingProxyType(self.config)\n\n"
                        "    def list_models"),
    "writes_key": Broken("S107", RESULT, "        open('key.txt', 'w').write(self.key)\n" + RESULT),
    "prints_key_when_made": Broken("S102", MAKE, '        print("the key is", kwargs.get("service_key"))\n' + MAKE),
    "prints_key_on_import": Broken("S102", TOP, 'import os\nprint(os.getenv("SAMPLE_VOICE_KEY"))\n' + TOP),
    "prints_key_after_an_answer": Broken("S102", "return reply.read()", "print(request.headers)\n"
                                         "                return reply.read()"),
    "logs_key_when_made": Broken("S103", MAKE, "        import logging\n        logging.getLogger(__name__).debug("
                                 '"made with %s", kwargs)\n' + MAKE),
    "logs_key_by_its_own_logger": Broken("S103", RESULT, "        import logging\n        logging.getLogger(__name__)"
                                         ".info(self.key)\n" + RESULT),
    "warns_of_key_when_made": Broken("S104", MAKE, "        import warnings\n        warnings.warn(str(kwargs))\n"
                                     + MAKE),
    "writes_key_when_made": Broken("S107", MAKE, '        open("settings.json", "w").write(str(kwargs))\n' + MAKE),
    "key_in_state": Broken("S105", "    def list_models", "    def __getstate__(self):\n"
                           "        return {'key': self.key}\n\n    def list_models"),
    "key_in_dictionary": Broken("S105", "    def list_models", "    def to_dict(self):\n"
                                "        return {'key': self.key}\n\n    def list_models"),
    "key_in_address": Broken("S108", '"/speech", text', '"/speech?key=" + self.key, text'),
    "checks_no_certificate": Broken("S201", "timeout=5)", "timeout=5, context=__import__('ssl')"
                                    "._create_unverified_context())"),
    "guessed_secret": Broken("M203", "is_secret: true, ", ""),
    "default_is_no_option": Broken("M213", "default: anna}", "default: anna, options: [ben, carl]}"),
    "sleeps_on_import": Broken("C108", TOP, "import time\ntime.sleep(6)\n" + TOP),
    "changes_search_path": Broken("C107", TOP, "import sys\nsys.path.insert(0, '/opt/speech')\n" + TOP),
    "silences_warnings": Broken("C107", TOP, "import warnings\nwarnings.simplefilter('ignore')\n" + TOP),
    "variable_when_called": Broken("C219", RESULT, '        import os\n        os.environ["SPEECH"] = "1"\n' + RESULT),
    "time_limit_of_all_sockets": Broken("C219", RESULT, "        import socket\n        socket.setdefaulttimeout(9)\n"
                                        + RESULT),
    "logs_packed_key": Broken("S103", RESULT, "        import base64\n        import logging\n        "
                              "logging.getLogger('x').debug(base64.b64encode(('me:' + self.key).encode()).decode())\n"
                              + RESULT),
    "keeps_threads": Broken("L101", RESULT, "        import threading\n        threading.Thread("
                            "target=threading.Event().wait, daemon=True).start()\n" + RESULT),
    "keeps_files": Broken("L102", RESULT, "        self.__dict__.setdefault('kept', []).append(open(__file__))\n"
                          + RESULT),
    "keeps_memory": Broken("L103", RESULT, "        self.__dict__.setdefault('kept', []).append(bytearray(2_000_000))\n"
                           + RESULT),
}  # fmt: skip

# what is no fault, but could be better: advice
ADVICE: dict[str, Broken] = {
    "no_licence": Broken("M104", "license: MIT\n", ""),
    "short_description": Broken("M106", "Speaks with a service that is never reached, for tests of the kit.",
                                "Speaks."),
    "other_spelling": Broken("M110", "name: speed, type: float", "name: speed, type: number"),
    "made_up_licence": Broken("M111", "license: MIT", "license: Free for all"),
    "no_lowest_version": Broken("M114", '"packaging>=24"', '"packaging"'),
    "says_not_what_it_reaches": Broken("M119", "reach: {hosts: [speech.example.com]}\ninput_parameters:\n  - {name: "
                                       "host_address, type", "input_parameters:\n  - {name: place, type"),
    "left_to_do": Broken("M122", "        self.host =", "        # CHANGE ME: say where it is\n        self.host ="),
    "key_without_variable": Broken("M205", ", env: SAMPLE_VOICE_KEY", ""),
    "small_variable": Broken("M207", "env: SAMPLE_VOICE_KEY", "env: sample_voice_key"),
    "mandatory_with_default": Broken("M210", 'default: "https', 'mandatory: true, default: "https'),
    "bare_number": Broken("M212", "min: 0.5, max: 2.0, step: 0.1", "step: 0.1"),
    "fails_without_a_word": Broken("C211", 'return {"status": "error", "message": f"no speech: {error}"}',
                                   "raise ValueError from error"),
}  # fmt: skip


def write_sample(folder: Path, broken: Broken | None = None) -> Path:
    """The sample in a folder, with one fault or none."""
    manifest, code = MANIFEST, CODE
    if broken is not None:
        assert manifest.count(broken.old) + code.count(broken.old) >= 1, broken
        manifest, code = manifest.replace(broken.old, broken.new, 1), code.replace(broken.old, broken.new, 1)
        folder = folder.with_name(broken.folder or folder.name)
    folder.mkdir(parents=True)
    for name, text in (("description.yaml", manifest), ("__init__.py", code)):
        if broken is None or broken.without != name:
            (folder / name).write_text(text, encoding="utf-8")
    return folder
