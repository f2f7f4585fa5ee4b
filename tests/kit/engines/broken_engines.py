"""Engines with one fault each, and the rule that must find it."""
# ruff: noqa: E501 (pieces of code are easier to read whole)

from __future__ import annotations

from typing import NamedTuple


class BrokenEngine(NamedTuple):
    """A fault: in which sample, which rule must find it, what is replaced, and rules broken by its nature besides."""

    sample: str
    rule: str
    old: str
    new: str
    also: frozenset[str] = frozenset()


def _broken(sample: str, rule: str, old: str, new: str, *also: str) -> BrokenEngine:
    return BrokenEngine(sample, rule, old, new, frozenset(also))


_PAINTED = "        return ImageResult(images=tuple(made), seed=seed)"
_PLAYED = "        return MusicResult(audio=sound, seconds=seconds, seed=request.seed)"
_STEPS = "        for step in range(6):\n            yield Progress(fraction=step / 6)\n"
_FILMED = "        made = film(width, height, seconds)"
_HEARD = "        heard = (Segment"
_PNG = 'Media(self.paint(width, height, seed + at), "image/png")'

BROKEN_ENGINES: dict[str, BrokenEngine] = {
    # contract
    "never_works": _broken("player", "C217", _STEPS, _STEPS + "        raise BadSetting('the moon is wrong')\n",
                           "C218", "E307", "X301", "X304", "D105", "X306"),
    "one_at_a_time": _broken(
        "player", "C218", "    def run_music(self, request, token):",
        "    concurrency = 2\n\n    def run_music(self, request, token):\n        import time\n"
        "        if self.__dict__.get('busy'):\n            raise BadSetting('another call is under way')\n"
        "        self.busy = True\n        try:\n            time.sleep(0.02)\n"
        "            return (yield from self.play(request))\n        finally:\n            self.busy = False\n\n"
        "    def play(self, request):"),
    "foreign_from_tokenize": _broken("writer", "C212", "return list(text.encode())", "raise KeyError(text)"),
    # errors
    "range_ignored": _broken("player", "E301", 'number(request.tempo, "tempo", 30, 300, 100)', "pass"),
    "option_ignored": _broken("painter", "E301", 'if request.style not in (None, "plain", "wild"):', "if False:"),
    "rubbish_taken": _broken("hearer", "E302", "if request.audio[:4]", "if False and request.audio[:4]"),
    "rubbish_fails_the_engine": _broken("hearer", "E302", 'raise BadMedia("the sound is', 'raise EngineFailed("the sound is',
                                        "E304"),
    "any_model": _broken("painter", "E303", "        self.known(request)\n", ""),
    "foreign_error": _broken("hearer", "E304", 'raise BadMedia("the sound is', 'raise ZeroDivisionError("the sound is',
                             "E302"),
    "wordless": _broken("painter", "E305", '"the picture to be changed is no PNG that can be read"', '"no"'),
    "shows_an_object": _broken("painter", "E305", '"the picture to be changed is no PNG that can be read"',
                               '"the picture to be changed, <File object at 0x7f>, is no PNG"'),
    "raises_from_documented": _broken(
        "hearer", "E306", "    def run_transcription", "    def transcribe_audio(self, audio_path, **kwargs):\n"
        "        if len(open(audio_path, 'rb').read() if isinstance(audio_path, str) else audio_path) < 100:\n"
        "            raise ValueError('too short')\n"
        "        return super().transcribe_audio(audio_path, **kwargs)\n\n    def run_transcription"),
    "broken_by_a_mistake": _broken(
        "player", "E307", '        words(request.prompt, "prompt")\n',
        "        if self.__dict__.get('spoilt'):\n            raise BadSetting('the engine is spoilt')\n"
        "        self.spoilt = not request.prompt\n        words(request.prompt, \"prompt\")\n", "Q101", "Q102", "Q103",
        "Q104"),
    # cancelling
    "swallows_cancel": _broken(
        "player", "X301", "    def run_music(self, request, token):",
        "    async def music_flow(self, request):\n        from lollms_client.errors import Cancelled\n        try:\n"
        "            return await super().music_flow(request)\n        except Cancelled:\n"
        "            return MusicResult(audio=tone(0.5), seconds=0.5)\n\n    def run_music(self, request, token):", "X305"),
    "no_steps": _broken("player", "X302", _STEPS, "        yield from ()\n"),
    "sticky_cancel": _broken(
        "writer", "X304", "        for at in range(most):\n", "        if self.__dict__.get('stopped'):\n"
        "            raise BadSetting('it was stopped')\n        self.stopped = True\n        for at in range(most):\n"
        "            self.stopped = at < most - 1\n", "C218", "E307", "X306"),
    "goes_on": _broken(
        "player", "X303", "    def run_music(self, request, token):",
        "    async def music_flow(self, request):\n        from lollms_client.errors import Cancelled\n"
        "        from lollms_client.flow import Report\n        words(request.prompt, 'prompt')\n"
        "        for step in range(40):\n            try:\n                await Report(Progress(fraction=step / 40))\n"
        "            except Cancelled:\n                pass\n        return await super().music_flow(request)\n\n"
        "    def run_music(self, request, token):", "X301", "X305"),
    # media
    "cut_picture": _broken("painter", "D101", _PNG, 'Media(self.paint(width, height, seed + at)[:-20], "image/png")'),
    "base64_picture": _broken("painter", "D101", _PNG, 'Media(b"iVBORw0KGgoAAAANSUhEUgAA")'),
    "cut_sound": _broken("player", "D101", _PLAYED, "        sound = Media(sound[:len(sound) // 2])\n" + _PLAYED,
                         "D105", "D112", "D107"),
    "empty_sound": _broken("player", "D101", _PLAYED, "        sound = Media(b'')\n" + _PLAYED, "C209"),
    "wrong_type": _broken("painter", "D102", '"image/png"))', '"image/jpeg"))'),
    "swapped_size": _broken("painter", "D103", "self.paint(width, height,", "self.paint(height, width,"),
    "one_too_few": _broken("painter", "D104", "for at in range(count):", "for at in range(1):"),
    "wrong_length": _broken("player", "D105", "sound = tone(seconds,", "sound = tone(seconds + 2,", "D112"),
    "black": _broken("painter", "D106", "colours.randbytes(3)", "bytes((0, 0, 0))", "Q105"),
    "flat": _broken("painter", "D114", "colours.randbytes(3)", "bytes((9, 99, 9))", "Q105"),
    "silent": _broken("player", "D107", _PLAYED, "        sound = Media(sound[:44] + bytes(len(sound) - 44)) if "
                      "request.output_format != 'flac' else sound\n" + _PLAYED),
    "clipped": _broken("player", "D108", _PLAYED, "        sound = Media(sound[:44] + b'\\xff\\x7f\\x00\\x80' * "
                       "(len(sound) // 4 - 11)) if request.output_format != 'flac' else sound\n" + _PLAYED),
    "rate_ignored": _broken("player", "D109", '"wav", rate)', '"wav", 8000)'),
    "one_picture": _broken("filmer", "D110", _FILMED, "        made = film(width, height, 0.1)", "D105", "D112"),
    "still_film": _broken(
        "filmer", "D110", _FILMED, "        import io\n        import av\n        import numpy\n"
        "        data, still = io.BytesIO(), numpy.zeros((height, width, 3), 'uint8')\n        still[:9] = 200\n"
        "        with av.open(data, 'w', format='mp4') as file:\n"
        "            stream = file.add_stream('mpeg4', rate=10, width=width, height=height, pix_fmt='yuv420p')\n"
        "            for _ in range(round(seconds * 10)):\n"
        "                file.mux(stream.encode(av.VideoFrame.from_ndarray(still)))\n"
        "            file.mux(stream.encode(None))\n        made = Media(data.getvalue())", "M115"),
    "odd_rate": _broken("player", "D109", '"wav", rate)', '"wav", 2000)'),
    "odd_channels": _broken("player", "D109", _PLAYED, "        if request.output_format != 'flac':\n            sound = "
                            "Media(sound[:22] + b'\\x14\\0' + sound[24:])\n" + _PLAYED, "D105", "D112"),
    "format_ignored": _broken("player", "D111", 'request.output_format or "wav"', '"wav"'),
    "states_another_length": _broken("player", "D112", "seconds=seconds, seed", "seconds=seconds * 3, seed"),
    "pace_ignored": _broken("filmer", "D113", "  - {name: seconds,", "  - {name: fps, type: float, description: Pace., "
                            "default: 24, min: 1, max: 60}\n  - {name: seconds,", "E301"),
    "no_words": _broken("hearer", "D201", 'text="turn left", seconds', 'text="", seconds', "C209"),
    "zero_vectors": _broken("writer", "D202", "(float(len(text)), 1.0, 0.5)", "(0.0, 0.0, 0.0)"),
    "same_vectors": _broken("writer", "D202", "(float(len(text)), 1.0, 0.5)", "(0.5, 1.0, 0.5)"),
    "endless_vectors": _broken("writer", "D202", "(float(len(text)), 1.0, 0.5)", "(float(len(text)), float('nan'), 0.5)"),
    "uneven_vectors": _broken("writer", "D202", "(float(len(text)), 1.0, 0.5)", "(1.0,) * len(text)"),
    "one_vector": _broken("writer", "D202", "vectors=tuple(vectors)", "vectors=tuple(vectors[:1])"),
    "twice_named": _broken("painter", "D203", '[ModelInfo(name="one")]', '[ModelInfo(name="one"), ModelInfo(name="one")]'),
    "unnamed_model": _broken("painter", "D203", '[ModelInfo(name="one")]', '[ModelInfo(name="one"), ModelInfo(name="")]'),
    "no_voices": _broken("hummer", "D203", 'return ["low", "high"]', "return []", "C209"),
    "times_backwards": _broken("hearer", "D204", "start=0.3, end=0.6", "start=0.6, end=0.3"),
    # leaks
    "keeps_threads": _broken("painter", "L101", _PAINTED, "        import threading\n        threading.Thread(target="
                             "threading.Event().wait, daemon=True).start()\n" + _PAINTED),
    "keeps_files": _broken("painter", "L102", _PAINTED, "        self.__dict__.setdefault('kept', []).append("
                           "open(__file__))\n" + _PAINTED, "L103"),
    "keeps_memory": _broken("painter", "L103", _PAINTED, "        self.__dict__.setdefault('kept', []).append("
                            "bytearray(2_000_000))\n" + _PAINTED, "L104"),
    "keeps_native_memory": _broken(
        "painter", "L104", _PAINTED, "        import mmap\n        held = mmap.mmap(-1, 8_000_000)\n"
        "        held.write(b'1' * 8_000_000)\n        self.__dict__.setdefault('kept', []).append(held)\n" + _PAINTED, "L103"),
    "keeps_processes": _broken("painter", "L105", _PAINTED, "        import subprocess\n        self.__dict__.setdefault("
                               "'kept', []).append(subprocess.Popen(['sleep', '60']))\n" + _PAINTED, "L103"),
    "keeps_temporary_files": _broken("painter", "L106", _PAINTED, "        import tempfile\n        with "
                                     "tempfile.NamedTemporaryFile(prefix='lollms-kit-test-', delete=False) as file:\n"
                                     "            file.write(b'x')\n" + _PAINTED),
    # equality
    "other_in_asyncio": _broken(
        "player", "Q101", _STEPS, _STEPS + "        import threading\n        "
        "if threading.current_thread().name == 'lollms-worker':\n            seconds = seconds + 1\n", "Q103"),
    "other_in_threads": _broken(
        "player", "Q102", _STEPS, _STEPS + "        import threading\n        "
        "if threading.current_thread() is not threading.main_thread():\n            seconds = seconds + 1\n",
        "Q101", "Q103"),
    "other_in_a_process": _broken(
        "player", "Q103", _STEPS, _STEPS + "        import sys\n        if 'isolation' in ' '.join(sys.argv) or "
        "'lollms_client.isolation.child' in sys.modules:\n            seconds = seconds + 1\n"),
    "seed_without_effect_on_chance": _broken("painter", "Q104", "random.Random(seed)", "random.Random()"),
    "seed_ignored": _broken("painter", "Q105", "random.Random(seed)", "random.Random(1)"),
}  # fmt: skip
