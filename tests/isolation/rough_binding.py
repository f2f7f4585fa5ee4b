"""A binding that does whatever its prompt says, the rough things too, for tests of worker processes."""

from __future__ import annotations

from pathlib import Path

PLAIN = '''
import ctypes, logging, os, signal, sys, threading, time
from lollms_client import errors
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types import TokenCount

BindingName = "Rough"


class Speechless(Exception):
    def __str__(self):
        raise ValueError("no words")


class Rough(LollmsLLMBinding):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.service_key = kwargs.get("service_key")
        self.size = kwargs.get("size", 0)
        self.ballast = b"x" * (self.size * 1_000_000)
        self.closed = []
        if kwargs.get("broken_start") == "raise":
            raise RuntimeError("cannot start with " + str(self.service_key))
        if kwargs.get("broken_start") == "exit":
            print("about to fall", flush=True)
            os._exit(7)

    def generate_text(self, prompt, images=None, n_predict=None, streaming_callback=None, **kwargs):
        word, _, rest = prompt.partition(":")
        return getattr(self, "do_" + word)(rest, streaming_callback)

    def do_echo(self, rest, callback):
        return rest

    def do_stream(self, rest, callback):
        made = []
        for piece in rest.split("|"):
            made.append(piece)
            if callback is not None and callback(piece) is False:
                break
        return "".join(made)

    def do_endless(self, rest, callback):
        number = 0
        while callback(f"{number} ") is not False:
            number += 1
        with open(rest, "w") as stream:
            stream.write("stopped")
        return None

    def do_print(self, rest, callback):
        print("said " + rest)
        print("complained " + rest, file=sys.stderr)
        os.write(1, b"said natively\\n")
        return "done"

    def do_log(self, rest, callback):
        logging.getLogger("acme.rough").warning("the key is %s", self.service_key)
        return "done"

    def do_segfault(self, rest, callback):
        print("the last words", flush=True)
        ctypes.string_at(0)

    def do_exit(self, rest, callback):
        os._exit(3)

    def do_kill(self, rest, callback):
        os.kill(os.getpid(), signal.SIGKILL)

    def do_leave(self, rest, callback):
        sys.exit("no more")

    def do_raise(self, rest, callback):
        raise ValueError(f"cannot {rest} with {self.service_key}")

    def do_limit(self, rest, callback):
        raise errors.RateLimited("slower", retry_after=7.5, binding="rough")

    def do_refuse(self, rest, callback):
        return {"status": "error", "message": "no: " + str(self.service_key), "code": "quota_exceeded"}

    def do_hang(self, rest, callback):
        with open(rest, "w") as stream:
            stream.write(str(os.getpid()))
        while True:
            time.sleep(0.01)

    def do_sleep(self, rest, callback):
        time.sleep(float(rest))
        return "slept"

    def do_hold(self, rest, callback):
        """Holds the interpreter's lock in native code."""
        with open(rest, "w") as stream:
            stream.write(str(os.getpid()))
        ctypes.PyDLL(None).sleep(1000)

    def do_spawn(self, rest, callback):
        import subprocess
        return str(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]).pid)

    def do_disturb(self, rest, callback):
        os.chdir("/")
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.environ["ROUGH"] = "changed"
        sys.path.append("/rough")
        return threading.current_thread().name

    def tokenize(self, text):
        return [ord(letter) for letter in text]

    def detokenize(self, tokens):
        return "".join(map(chr, tokens))

    def embed(self, text, **kwargs):
        if text == "speechless":
            raise Speechless(Speechless())
        return [float(len(text)), 0.5]

    def listModels(self):
        return ["rough-1", {"model_name": "rough-2", "context_length": 5}]

    def mirror(self, *values, **named):
        return [type(value).__name__ for value in values], values, named

    def count_up(self, end):
        for number in range(end):
            yield number

    def call_back(self, function, *values):
        return function(*values)

    def what_is_set(self):
        return {"size": self.config.get("size"), "key": self.config.get("service_key") == "sk-canary-123456789"}

    def foreign(self):
        return object()

    def try_to_reach(self, allowed, named):
        import socket, subprocess, tempfile
        here = os.path.dirname(__file__)
        home = os.path.expanduser("~")
        tries = {
            "connect 203.0.113.7": lambda: socket.create_connection(("203.0.113.7", 9), timeout=0.01),
            "resolve other.example": lambda: socket.getaddrinfo("other.example", 80),
            "resolve api.allowed.example": lambda: socket.getaddrinfo("api.allowed.example", 80),
            "start": lambda: subprocess.Popen([sys.executable, "-c", ""]),
            "write beside itself": lambda: open(os.path.join(here, "left.txt"), "w"),
            "read the home folder": lambda: open(os.path.join(home, ".a-file-that-is-not-there")),
            "read an allowed place": lambda: open(allowed),
            "write a temporary file": lambda: tempfile.TemporaryFile(),
            "write what a setting names": lambda: open(named, "w"),
        }
        found = {}
        for name, attempt in tries.items():
            try:
                attempt()
            except PermissionError as error:
                found[name] = "PermissionError" if "is not declared in the manifest" in str(error) else str(error)
            except OSError:
                found[name] = "allowed"
            else:
                found[name] = "allowed"
        return found

    def close(self):
        marker = self.config.get("marker")
        if marker:
            with open(marker, "w") as stream:
                stream.write("closed")
'''

MANIFEST = """
title: Rough
version: "1.0"
license: MIT
binding_type: llm
capabilities: [chat]
reach: {hosts: [api.allowed.example], paths: [~/allowed], processes: []}
input_parameters:
  - {name: service_key, type: str, is_secret: true, description: A key.}
  - {name: size, type: int, default: 0, min: 0, max: 500, description: Megabytes to hold.}
  - {name: broken_start, type: str, default: "", description: How to fail.}
  - {name: marker, type: str, default: "", description: A file to write when closed.}
"""

FLOW = """
from lollms_client import errors
from lollms_client.families.engine import EngineBinding
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.types import CallWarning, ImageResult, Media, Progress, Usage
import time, zlib, struct, pathlib

BindingName = "Painter"


def picture(width, height, seed):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    rows = b"".join(b"\\0" + bytes((seed, 2, 3)) * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Painter(EngineBinding, LollmsTTIBinding):
    def load(self):
        return {"loaded": True}

    def run_image(self, request, token):
        assert self.engine
        warnings = (CallWarning(kind="dropped", setting="style", detail="there is one style"),) if request.style else ()
        for step in range(3 if request.prompt != "slow" else 1000):
            token.check()
            if request.prompt == "slow":
                time.sleep(0.01)
            yield Progress(fraction=step / 3, stage="painting")
        if request.prompt == "fail":
            raise errors.ContentFiltered("not that", prompt=request.prompt)
        image = Media(picture(request.width or 8, request.height or 8, request.seed or 1), "image/png")
        return ImageResult(images=(image,) * (request.count or 1), seed=request.seed, usage=Usage(images=1),
                           warnings=warnings, extra={"tuple": (1, 2), 3: "three", "media": image})
"""
FLOW_MANIFEST = """
title: Painter
version: "1.0"
license: MIT
binding_type: tti
offline: true
capabilities: [generate]
"""


def write_bindings(folder: Path) -> Path:
    """A folder with both bindings."""
    for name, code, manifest in (("rough", PLAIN, MANIFEST), ("painter", FLOW, FLOW_MANIFEST)):
        place = folder / name
        place.mkdir(parents=True)
        (place / "__init__.py").write_text(code, encoding="utf-8")
        (place / "description.yaml").write_text(manifest, encoding="utf-8")
    return folder
