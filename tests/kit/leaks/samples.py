"""Bindings whose calls are answered well, with one fault each that shows in the calls after it, or at once with it."""

from __future__ import annotations

from pathlib import Path

from tests.kit.faults.samples import SAMPLES, Broken
from tests.kit.faults.samples import write_sample as write_fault

TOP = 'BindingName = "'
FLOW = "    async def chat_flow(self, request):\n"
ASK = '        body = {"prompt": request.messages[-1].text}\n'
SUBMIT = "    async def submit(self, request):\n"
CHECK = "    async def check(self, handle):\n"
TEXT = "    def generate_text(self, prompt, streaming_callback=None, **kwargs):\n"
WRITE = "        pieces = []\n"
BODY = '        body = json.dumps({"prompt": prompt}).encode()\n'
CLASS_FLOW = "    stopped = False\n"

# what stays behind
LEFT: dict[str, Broken] = {
    "keeps_prompts_on_the_object": Broken("stream", "L103", FLOW, FLOW + '        self.__dict__.setdefault("asked", [])'
                                          ".append(str(request.messages[-1].text))\n"),
    "keeps_replies_in_the_module": Broken("plain", "L103", '                pieces.append(value["piece"] + "")\n',
                                          '                pieces.append(value["piece"] + "")\n'
                                          "                KEPT.append(pieces[-1])\n"),
    "keeps_media_on_the_class": Broken("job", "L103", "        return VideoResult(video=await self.download("
                                       'handle.state["url"]), id=handle.id)',
                                       '        film = await self.download(handle.state["url"])\n'
                                       "        type(self).films = (*getattr(type(self), \"films\", ()), film)\n"
                                       "        return VideoResult(video=film, id=handle.id)"),
    "keeps_every_answer_by_its_question": Broken("plain", "L103", WRITE, WRITE + "        CACHE[prompt] = pieces\n"),
    "keeps_questions_out_of_sight": Broken("stream", "L103", FLOW, FLOW +
                                           "        asked(request.messages[-1].text)\n"),
    "leaves_replies_open": Broken("plain", "L102", "        with OPENER.open(request, timeout=30) as reply:\n",
                                  "        reply = OPENER.open(request, timeout=30)\n        KEEP.append(reply)\n"
                                  "        if len(KEEP) > 400:\n            KEEP.clear()\n        if reply:\n"),
    "drops_files_open": Broken("plain", "L102", WRITE, WRITE + "        open(__file__).readline()\n"),
    "keeps_a_file_for_each_call": Broken("plain", "L106", WRITE, WRITE + "        import tempfile\n\n"
                                         "        with tempfile.NamedTemporaryFile(delete=False) as file:\n"
                                         "            file.write(body)\n"),
    "keeps_a_folder_for_each_call": Broken("stream", "L106", ASK, ASK + "        import tempfile\n\n"
                                           "        tempfile.mkdtemp()\n"),
    "starts_a_thread_for_each_call": Broken("plain", "L101", WRITE, WRITE + "        import threading\n\n"
                                            "        threading.Thread(target=threading.Event().wait, daemon=True)"
                                            ".start()\n"),
    "starts_a_process_for_each_call": Broken("plain", "L105", WRITE, WRITE + "        import subprocess\n\n"
                                             "        PROCESSES"
                                             ".append(subprocess.Popen(['sleep', '60']))\n        if len(PROCESSES)"
                                             " > 60:\n            PROCESSES.clear()\n"),
    "starts_a_task_for_each_call": Broken("stream", "L108", ASK, ASK + "        import asyncio\n\n        try:\n"
                                          "            TASKS.append(asyncio.get_running_loop()"
                                          ".create_task(asyncio.sleep(3600)))\n"
                                          "            del TASKS[:-50]\n"
                                          "        except RuntimeError:\n            pass\n"),
    "prints_the_answer": Broken("stream", "L107", ASK, ASK + "        print('asking')\n"),
    "writes_to_the_error_stream": Broken("plain", "L107", WRITE, WRITE + "        import sys\n\n"
                                         "        sys.stderr.write('writing')\n"),
}  # fmt: skip

# what one call does to another
SHARED: dict[str, Broken] = {
    "keeps_the_history": Broken("stream", "C220", 'json=body)', 'json=self.with_history(body))'),
    "appends_to_a_default_argument": Broken("plain", "C220", BODY, "        said = self.said(prompt)\n" + BODY.replace(
        '"prompt": prompt', '"prompt": prompt, "history": said')),
    "remembers_the_system_prompt": Broken("stream", "C220", ASK, ASK + "        for message in request.messages:\n"
                                          '            if message.role == "system":\n'
                                          "                self.system = message.text\n"
                                          '        if getattr(self, "system", None):\n'
                                          '            body["system"] = self.system\n'),
    "remembers_the_temperature": Broken("stream", "C220", ASK, ASK + "        if request.temperature is not None:\n"
                                        "            Writer.temperature = request.temperature\n"
                                        '        if hasattr(Writer, "temperature"):\n'
                                        '            body["temperature"] = Writer.temperature\n'),
    "remembers_the_last_question": Broken("job", "C220", SUBMIT, SUBMIT + '        before = self.__dict__.get("last")\n'
                                          "        self.last = request.prompt\n        if before:\n            "
                                          "request = __import__('msgspec').structs.replace(request, prompt=before)\n"),
    "answers_with_what_was_said_before": Broken("plain", "C220", '                    return "".join(pieces)\n',
                                                '                    self.whole = getattr(self, "whole", "")'
                                                ' + "".join(pieces)\n                    return self.whole[-400:]\n'),
    "keeps_the_body_on_the_object": Broken("plain", "C221", BODY, "        self.prompt = prompt\n" + BODY.replace(
        ": prompt", ": self.prompt")),
    "keeps_the_callback_on_the_object": Broken("plain", "C221", "callback is not None and callback(pieces[-1])",
                                               "self.callback is not None and self.callback(pieces[-1])"),
    "keeps_the_request_over_an_await": Broken("stream", "C221", FLOW, FLOW + "        self.request_now = request\n"
                                              "        await self.sleep(0.01)\n        request = self.request_now\n"),
}  # fmt: skip

# what is everybody's
GLOBAL: dict[str, Broken] = {
    "seeds_random": Broken("stream", "C219", ASK, ASK + "        import random\n\n        random.seed(7)\n"),
    "moves_for_a_moment": Broken("plain", "C219", "with OPENER.open(request, timeout=30) as reply:",
                                 "with contextlib.chdir('/'), OPENER.open(request, timeout=30) as reply:"),
    "redirects_for_a_moment": Broken("plain", "C219", "with OPENER.open(request, timeout=30) as reply:",
                                     "with contextlib.redirect_stdout(None), OPENER.open(request, timeout=30)"
                                     " as reply:"),
    "silences_warnings": Broken("stream", "C219", ASK, ASK + "        import warnings\n\n"
                                "        warnings.simplefilter('ignore')\n"),
    "sets_the_level_of_all_logs": Broken("plain", "C219", WRITE, WRITE + "        import logging\n\n"
                                         "        logging.disable(logging.ERROR)\n"),
    "adds_a_handler": Broken("stream", "C219", ASK, ASK + "        import logging\n\n"
                             "        if not logging.getLogger().handlers:\n            logging.basicConfig()\n"),
    "sets_a_variable": Broken("plain", "C219", WRITE, WRITE + "        import os\n\n"
                              "        os.environ['WRITER'] = prompt\n"),
    "lengthens_the_search_path": Broken("plain", "C219", WRITE, WRITE + "        import sys\n\n"
                                        "        sys.path.append('/nowhere')\n"),
    "changes_decimals": Broken("stream", "C219", ASK, ASK + "        import decimal\n\n"
                               "        decimal.getcontext().prec = 5\n"),
    "turns_the_collector_off": Broken("plain", "C219", WRITE, WRITE + "        import gc\n\n        gc.disable()\n"),
    "replaces_the_output": Broken("plain", "C219", WRITE, WRITE + "        import io\n        import sys\n\n"
                                  "        sys.stdout = io.StringIO()\n"),
    "turns_certificates_off": Broken("plain", "C219", WRITE, WRITE + "        import ssl\n\n"
                                     "        ssl._create_default_https_context = ssl._create_unverified_context\n"),
    "changes_the_file_mask": Broken("plain", "C219", WRITE, WRITE + "        import os\n\n        os.umask(0)\n"),
    "takes_a_signal": Broken("stream", "C219", ASK, ASK + "        import signal\n        import threading\n\n"
                             "        if threading.current_thread() is threading.main_thread():\n"
                             "            signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"),
}  # fmt: skip

# what holds up the loop
BLOCKING: dict[str, Broken] = {
    "sleeps_in_a_flow": Broken("stream", "C222", ASK, ASK + "        import time\n\n        time.sleep(0.3)\n"),
    "sleeps_by_another_name": Broken("stream", "C222", FLOW, FLOW + "        pause(0.3)\n"),
    "asks_by_another_library": Broken("stream", "C222", ASK, ASK + "        import http.client\n\n        try:\n"
                                      "            http.client.HTTPConnection('127.0.0.1', 9).connect()\n"
                                      "        except OSError:\n            pass\n"),
    "waits_for_a_thread": Broken("stream", "C222", ASK, ASK + "        import threading\n\n"
                                 "        thread = threading.Thread(target=len, args=((),))\n"
                                 "        thread.start()\n        thread.join()\n"),
    "waits_for_a_pool": Broken("stream", "C222", ASK, ASK + "        import concurrent.futures\n\n"
                               "        with concurrent.futures.ThreadPoolExecutor(1) as pool:\n"
                               "            pool.submit(len, ()).result()\n"),
}  # fmt: skip

# what is paid twice
PAID: dict[str, Broken] = {
    "marks_what_is_paid_as_repeatable": Broken("stream", "E108", "json=body)", "json=body, repeatable=True)"),
    "marks_jobs_as_repeatable": Broken("job", "E108", '{"prompt": request.prompt})',
                                       '{"prompt": request.prompt}, repeatable=True)'),
}  # fmt: skip

BROKEN = {**LEFT, **SHARED, **GLOBAL, **BLOCKING, **PAID}
_HELPING = {
    "keeps_every_answer_by_its_question": "CACHE = {}\n",
    "leaves_replies_open": "KEEP = []\n",
    "moves_for_a_moment": "import contextlib\n",
    "redirects_for_a_moment": "import contextlib\n",
    "starts_a_process_for_each_call": "PROCESSES = []\n",
    "starts_a_task_for_each_call": "TASKS = []\n",
    "sleeps_by_another_name": "from time import sleep as pause\n",
    "keeps_questions_out_of_sight": "def _asking():\n    texts = []\n    return texts.append\n\n\nasked = _asking()\n",
}
_METHODS = {
    "keeps_the_callback_on_the_object": "    callback = None\n\n",
    "keeps_the_history": "    history = ()\n\n    def with_history(self, body):\n"
    '        self.history = (*self.history, body["prompt"])[-3:]\n        return {"prompt": list(self.history)}\n\n',
    "appends_to_a_default_argument": "    def said(self, prompt, history=[]):\n        history.append(prompt)\n"
    "        del history[:-3]\n        return list(history)\n\n",
}
RETRIES = (
    "  - {name: max_retries, type: int, description: How often a failed request is repeated., default: 2, min: 0}\n"
)


def write_sample(folder: Path, name: str) -> Path:
    """Write the folder of a broken binding, by its name in BROKEN, or of a good one, by its name in SAMPLES."""
    broken = BROKEN.get(name)
    if broken is None:
        return write_fault(folder, name)
    assert broken.old in SAMPLES[broken.sample].code, name
    write_fault(folder, broken.sample, broken)
    file = folder / "__init__.py"
    code = file.read_text(encoding="utf-8")
    code = code.replace(TOP, _HELPING.get(name, "") + "\n\n" + TOP, 1)
    start = FLOW if broken.sample == "stream" else TEXT if broken.sample == "plain" else SUBMIT
    code = code.replace(start, _METHODS.get(name, "") + start, 1)
    if name == "keeps_the_callback_on_the_object":
        code = code.replace(WRITE, "        self.callback = callback\n" + WRITE, 1)
    file.write_text(code, encoding="utf-8")
    if name in PAID:
        manifest = folder / "description.yaml"
        manifest.write_text(manifest.read_text(encoding="utf-8") + RETRIES, encoding="utf-8")
    return folder
