"""Bindings as strangers write them: from the public guide alone, with pipmaster and requests, knowing nothing of us."""

from __future__ import annotations

import textwrap
from pathlib import Path

MANIFEST = """
title: {title}
author: A Stranger
description: Written from the guide alone.
input_parameters:
  - name: host_address
    type: str
    description: Where the service lives.
    default: http://127.0.0.1:9
  - name: service_key
    type: str
    description: The key.
    is_secret: true
  - name: model_name
    type: str
    description: The model.
    default: small
"""

HEAD = """
import os
import requests
import pipmaster as pm
pm.ensure_packages(["requests"])
from ascii_colors import ASCIIColors, trace_exception
"""

LLM = """
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.lollms_discussion import LollmsDiscussion

BindingName = "StrangerLLM"

class StrangerLLM(LollmsLLMBinding):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.host = kwargs.get("host_address")
        self.key = kwargs.get("service_key") or os.getenv("STRANGER_KEY")
        self.model_name = kwargs.get("model_name")

    def _ask(self, messages, n_predict, streaming_callback):
        r = requests.post(self.host + "/chat", json={"messages": messages, "model": self.model_name, "n": n_predict},
                          headers={"Authorization": f"Bearer {self.key}"}, timeout=10)
        r.raise_for_status()
        text = ""
        for word in r.json()["words"]:
            text += word
            if streaming_callback:
                streaming_callback(word)
        return text

    def chat(self, discussion: LollmsDiscussion, branch_tip_id=None, n_predict=None, streaming_callback=None, **kwargs):
        try:
            messages = []
            if discussion.system_prompt:
                messages.append({"role": "system", "content": discussion.system_prompt})
            for message in discussion.get_messages(branch_tip_id):
                role = "user" if message.sender_type == "user" else "assistant"
                messages.append({"role": role, "content": message.content})
            return self._ask(messages, n_predict, streaming_callback)
        except Exception as e:
            trace_exception(e)
            return {"status": "error", "message": str(e)}

    def generate_text(self, prompt, n_predict=None, streaming_callback=None, **kwargs):
        return self._ask([{"role": "user", "content": prompt}], n_predict, streaming_callback)

    def tokenize(self, text):
        return list(text.encode())

    def detokenize(self, tokens):
        return bytes(tokens).decode()

    def count_tokens(self, text):
        return len(self.tokenize(text))

    def listModels(self):
        return ["small", "large"]

    def embed(self, text):
        raise NotImplementedError("no embeddings")

if __name__ == '__main__':
    print(StrangerLLM(host_address="http://x", service_key="k").listModels())
"""

TTI = """
from lollms_client.lollms_tti_binding import LollmsTTIBinding

BindingName = "StrangerTTI"

class StrangerTTI(LollmsTTIBinding):
    def __init__(self, **kwargs):
        super().__init__(binding_name="stranger_tti")
        self.settings = kwargs

    def generate_image(self, prompt, width=64, height=64, **kwargs):
        r = requests.post(self.settings["host_address"] + "/image", json={"prompt": prompt, "w": width, "h": height,
            "steps": kwargs.get("steps")}, timeout=10)
        return r.content

    def edit_image(self, images, prompt, mask=None, **kwargs):
        return self.generate_image(prompt + (" masked" if mask else ""))

    def listModels(self):
        return [{"model_name": "drawer", "display_name": "Drawer"}]

    def set_settings(self, settings):
        self.settings.update(settings)
        return True
"""

STT = """
from lollms_client.lollms_stt_binding import LollmsSTTBinding

BindingName = "StrangerSTT"

class StrangerSTT(LollmsSTTBinding):
    def __init__(self, **kwargs):
        self.host = kwargs["host_address"]

    def transcribe_audio(self, audio_path):
        with open(audio_path, "rb") as f:
            return requests.post(self.host + "/stt", data=f.read(), timeout=10).text

    def list_models(self):
        return ["whisper-1", "whisper-large-v3"]
"""

TTS = """
from lollms_client.lollms_tts_binding import LollmsTTSBinding

BindingName = "StrangerTTS"

class StrangerTTS(LollmsTTSBinding):
    def __init__(self, **kwargs):
        super().__init__("stranger_tts", **kwargs)
        ASCIIColors.info(f"speaking with {kwargs.get('service_key')}")
        self.host = self.config["host_address"]

    def generate_audio(self, text, voice=None, **kwargs):
        return requests.post(self.host + "/tts", json={"text": text, "voice": voice}, timeout=10).content

    def list_voices(self):
        return ["anna", "ben"]

    def list_models(self):
        return ["tts-1"]
"""

TTV = """
from lollms_client.lollms_ttv_binding import LollmsTTVBinding

BindingName = "StrangerTTV"

class StrangerTTV(LollmsTTVBinding):
    def __init__(self, host_address=None):
        self.host = host_address

    def generate_video(self, prompt):
        job = requests.post(self.host + "/video", json={"prompt": prompt}, timeout=10).json()["id"]
        return requests.get(self.host + "/video/" + job, timeout=10).content

    def list_models(self):
        return ["film"]
"""

TTM = """
import lollms_client.lollms_ttm_binding as base

BindingName = "StrangerTTM"

class StrangerTTM(base.LollmsTTMBinding):
    def __init__(self, **kwargs):
        super().__init__(config=kwargs)
        self.host = self.config["host_address"]

    def generate_music(self, prompt, duration=10, **kwargs):
        return requests.post(self.host + "/music", json={"prompt": prompt, "duration": duration}, timeout=10).content

    def list_models(self):
        return ["tune"]
"""

RAISES = """
from lollms_client.lollms_tts_binding import LollmsTTSBinding

BindingName = "Raises"

class Raises(LollmsTTSBinding):
    def __init__(self, **kwargs):
        self.key = kwargs["service_key"]

    def generate_audio(self, text, voice=None, **kwargs):
        ASCIIColors.error(f"cannot use {self.key}")
        try:
            raise ValueError(f"refused: {self.key}")
        except ValueError as e:
            trace_exception(e)
            if voice == "dict":
                return {"status": "error", "message": f"dictionary with {self.key}"}
            raise RuntimeError(f"http://x/?key={self.key}") from e

    def list_voices(self):
        raise KeyError(self.key)
"""

RAISES_EARLY = """
from lollms_client.lollms_tti_binding import LollmsTTIBinding

BindingName = "RaisesEarly"

class RaisesEarly(LollmsTTIBinding):
    def __init__(self, **kwargs):
        raise RuntimeError("cannot log in with " + kwargs["service_key"])
"""

CODE = {"llm": LLM, "tti": TTI, "stt": STT, "tts": TTS, "ttv": TTV, "ttm": TTM}


def write_binding(folder: Path, code: str, manifest: str | None = MANIFEST) -> None:
    """One binding's folder, as the guide lays it out."""
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(HEAD + textwrap.dedent(code), encoding="utf-8")
    if manifest is not None:
        (folder / "description.yaml").write_text(manifest.format(title=folder.name), encoding="utf-8")


def write_all(root: Path) -> Path:
    """The six, one with a syntax error, one without a manifest, two that raise, and one with a broken manifest."""
    for kind, code in CODE.items():
        write_binding(root / f"stranger_{kind}", code)
    write_binding(root / "broken_syntax", "def broken(:\n    pass")
    write_binding(root / "no_manifest", STT.replace("StrangerSTT", "NoManifest"), manifest=None)
    write_binding(root / "raises", RAISES)
    write_binding(root / "raises_early", RAISES_EARLY)
    write_binding(root / "broken_manifest", TTS, manifest="title: [unclosed\ninput_parameters: 5\n")
    return root
