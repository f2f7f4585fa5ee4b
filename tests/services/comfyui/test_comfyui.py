"""ComfyUI: workflows filled by what their nodes say, the queue and the history, files up and down, errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from lollms_client import errors
from lollms_client.cancel import CancelToken
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.families.comfyui.workflow import Workflow
from lollms_client.flow import HttpRequest
from lollms_client.types.image import ImageRequest
from lollms_client.types.job import JobHandle
from lollms_client.types.media import Media
from lollms_client.types.video import VideoRequest
from tests.services.native_cases import KEY, body_of, failure, native

PNG = Media(b"\x89PNG\r\n\x1a\npixels")
MASK = Media(b"\x89PNG\r\n\x1a\nmask")
WEBM = b"\x1aE\xdf\xa3film"
SAVED = {"images": [{"filename": "lollms_00001_.png", "subfolder": "", "type": "output"}]}


class Server:
    """A ComfyUI server as its routes are documented: what is queued runs, and ends after a few looks."""

    def __init__(self, outputs: Any = None, messages: Any = (), status: str = "success", waits: int = 2) -> None:
        self.outputs = {"7": SAVED} if outputs is None else outputs
        self.messages, self.status, self.waits = list(messages), status, waits
        self.files: list[bytes] = []
        self.asked: list[str] = []
        self.prompt: dict[str, Any] = {}
        self.refusal: CannedReply | None = None

    def __call__(self, request: HttpRequest) -> CannedReply:
        path = urlsplit(request.url).path.strip("/")
        self.asked.append(f"{request.method} {path}")
        route: dict[str, Callable[[HttpRequest], Any]] = {
            "POST upload": self._upload,
            "POST prompt": self._prompt,
            "GET history": self._history,
            "GET queue": self._queue,
            "GET object_info": self._models,
            "GET view": self._view,
        }
        handler = route.get(f"{request.method} {path.partition('/')[0]}")
        answer = handler(request) if handler else b""
        return answer if isinstance(answer, CannedReply) else CannedReply(body=answer)

    def _upload(self, request: HttpRequest) -> Any:
        self.files.append(request.body or b"")
        return {"name": f"up{len(self.files)}.png", "subfolder": "in" if len(self.files) == 2 else "", "type": "input"}

    def _prompt(self, request: HttpRequest) -> Any:
        self.prompt = body_of(request)
        return self.refusal or {"prompt_id": "job-1", "number": 4, "node_errors": {}}

    def _history(self, _: HttpRequest) -> Any:
        self.waits -= 1
        if self.waits >= 0:
            return {}
        status = {"status_str": self.status, "completed": self.status == "success", "messages": self.messages}
        return {"job-1": {"prompt": [], "outputs": self.outputs, "status": status}}

    def _queue(self, _: HttpRequest) -> Any:
        item = [4, "job-1", {}, {}, []]
        other = [3, "job-0", {}, {}, []]
        return {"queue_running": [item] if self.waits == 0 else [other], "queue_pending": [item] if self.waits else []}

    def _models(self, request: HttpRequest) -> Any:
        node = urlsplit(request.url).path.rpartition("/")[2]
        name = {"CheckpointLoaderSimple": "ckpt_name", "UNETLoader": "unet_name"}[node]
        found: Any = (
            [["sd15.safetensors", "xl.safetensors"]] if name == "ckpt_name" else ["COMBO", {"options": ["wan"]}]
        )
        return {node: {"input": {"required": {name: found}}}}

    def _view(self, request: HttpRequest) -> Any:
        name = dict(parse_qsl(urlsplit(request.url).query))["filename"]
        return WEBM if name.endswith("webm") else bytes(PNG)


def run(server: Server, request: Any, **settings: Any) -> tuple[Any, ScriptedDriver]:
    kind, flow = ("tti", "image_flow") if isinstance(request, ImageRequest) else ("ttv", "video_flow")
    driver = ScriptedDriver([server] * 40)
    return driver.run(getattr(native(kind, "comfyui", service_key=None, **settings), flow)(request)), driver


def inputs(server: Server, node: str) -> dict[str, Any]:
    found: dict[str, Any] = server.prompt["prompt"][node]["inputs"]
    return found


def test_text_to_image_from_queue_to_file() -> None:
    server = Server()
    request = ImageRequest(
        prompt="a cat", negative_prompt="dog", width=512, height=770, seed=7, steps=9, guidance=5.0, count=2
    )
    result, _ = run(server, request)
    assert inputs(server, "2")["text"] == "a cat"
    assert inputs(server, "3")["text"] == "dog"
    assert inputs(server, "4") == {"width": 512, "height": 768, "batch_size": 2}
    sampler = inputs(server, "5")
    assert (sampler["seed"], sampler["steps"], sampler["cfg"], sampler["denoise"]) == (7, 9, 5.0, 1.0)
    assert inputs(server, "1")["ckpt_name"] == "sd15.safetensors"
    assert (result.image, result.image.mime_type, result.seed, result.id) == (PNG, "image/png", 7, "job-1")
    assert {warning.setting: warning.kind for warning in result.warnings} == {"height": "clamped", "model": "other"}
    assert server.asked.count("GET history/job-1") == 4


def test_image_to_image_and_inpainting_upload_their_files() -> None:
    server = Server()
    result, _ = run(server, ImageRequest(prompt="a cat", images=(PNG, PNG), strength=0.4), model_name="xl.safetensors")
    assert inputs(server, "8")["image"] == "up1.png"
    assert inputs(server, "5")["denoise"] == 0.4
    assert inputs(server, "1")["ckpt_name"] == "xl.safetensors"
    assert bytes(PNG) in server.files[0]
    assert [warning.setting for warning in result.warnings] == ["images"]
    server = Server()
    run(server, ImageRequest(prompt="a cat", images=(PNG,), mask=MASK, model="xl.safetensors"))
    assert inputs(server, "9")["image"] == "in/up2.png"
    assert bytes(MASK) in server.files[1]


def test_films() -> None:
    server = Server(outputs={"10": {"images": [{"filename": "a.webm", "type": "output"}], "animated": [True]}})
    result, _ = run(server, VideoRequest(prompt="a cat", seconds=2.0, width=640, height=360, seed=1, sound=True))
    assert inputs(server, "7") == {"width": 640, "height": 352, "length": 33, "batch_size": 1}
    assert inputs(server, "4")["text"] == "a cat"
    assert (bytes(result.video), result.video.mime_type) == (WEBM, "video/webm")
    assert (result.fps, result.seconds) == (16.0, 33 / 16)
    assert {warning.setting: warning.kind for warning in result.warnings} == {
        "height": "clamped",
        "sound": "unsupported",
    }
    server = Server(outputs=server.outputs)
    run(server, VideoRequest(prompt="a cat", image=PNG, seconds=1.0, fps=12.0, model="other.safetensors"))
    assert inputs(server, "11")["image"] == "up1.png"
    assert inputs(server, "7")["length"] == 13
    assert inputs(server, "10")["fps"] == 12.0
    assert inputs(server, "1")["unet_name"] == "other.safetensors"


FLUX: dict[str, Any] = {
    "10": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux.safetensors"}},
    "20": {
        "class_type": "CLIPTextEncodeFlux",
        "inputs": {"clip_l": "", "t5xxl": "", "guidance": 3.5, "clip": ["11", 0]},
    },
    "30": {"class_type": "BasicGuider", "inputs": {"conditioning": ["20", 0], "model": ["10", 0]}},
    "40": {"class_type": "RandomNoise", "inputs": {"noise_seed": 1}},
    "50": {"class_type": "SaveImage", "inputs": {"images": ["60", 0]}},
}
ZEROED: dict[str, Any] = {
    "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["9", 0]}},
    "2": {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["1", 0]}},
    "3": {
        "class_type": "KSampler",
        "inputs": {"positive": ["1", 0], "negative": ["2", 0], "cfg": 1.0, "seed": ["8", 0]},
    },
}
CONTROLLED: dict[str, Any] = {
    "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "good", "clip": ["9", 0]}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "bad", "clip": ["9", 0]}},
    "3": {"class_type": "ControlNetApplyAdvanced", "inputs": {"positive": ["1", 0], "negative": ["2", 0]}},
    "4": {"class_type": "KSampler", "inputs": {"positive": ["3", 0], "negative": ["3", 1], "cfg": 7.0, "seed": 1}},
}


@pytest.mark.parametrize(
    ("nodes", "places"),
    [
        (
            FLUX,
            {
                "prompt": [("20", "clip_l"), ("20", "t5xxl")],
                "seed": [("40", "noise_seed")],
                "guidance": [("20", "guidance")],
            },
        ),
        (ZEROED, {"prompt": [("1", "text")], "negative_prompt": None, "seed": None, "guidance": [("3", "cfg")]}),
        (CONTROLLED, {"prompt": [("1", "text")], "negative_prompt": [("2", "text")], "seed": [("4", "seed")]}),
        ({"1": {"class_type": "X", "inputs": {"text": "a", "value": 1}}}, {"prompt": [("1", "text")], "width": None}),
    ],
)
def test_the_inputs_of_a_workflow_are_found(nodes: dict[str, Any], places: dict[str, Any]) -> None:
    workflow = Workflow(nodes)
    assert {field: workflow.places.get(field) for field in places} == places


def test_a_users_file_with_named_inputs_and_values(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"prompt": FLUX, "client_id": "c"}), encoding="utf-8")
    server = Server(outputs={"50": SAVED})
    request = ImageRequest(
        prompt="a cat",
        style="oil",
        width=64,
        extra={"inputs": {"20.guidance": 2.0, "50.images": ["61", 0], "10.face": bytes(PNG)}},
    )
    result, _ = run(
        server,
        request,
        workflow=str(path),
        workflow_inputs={"style": "40.style", "prompt": ["20.t5xxl"]},
        extra_body={"front": True},
    )
    assert server.prompt["front"] is True
    assert inputs(server, "20") == {"clip_l": "", "t5xxl": "a cat", "guidance": 2.0, "clip": ["11", 0]}
    assert inputs(server, "40")["style"] == "oil"
    assert inputs(server, "50")["images"] == ["61", 0]
    assert inputs(server, "10") == {"unet_name": "flux.safetensors", "face": "up1.png"}
    assert [warning.setting for warning in result.warnings] == ["width"]
    assert result.seed == inputs(server, "40")["noise_seed"]
    assert FLUX["20"]["inputs"]["t5xxl"] == ""


@pytest.mark.parametrize("content", ["[]", "{", '{"nodes": [], "links": []}', '{"1": {"class_type": "X"}}'])
def test_files_that_are_no_workflow(content: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content, encoding="utf-8")
    error = failure(lambda: run(Server(), ImageRequest(prompt="a cat"), workflow=str(path)))
    assert isinstance(error, errors.BadSetting)


def test_an_unknown_workflow_and_an_unknown_input() -> None:
    error = failure(lambda: run(Server(), ImageRequest(prompt="a cat"), workflow="nothing"))
    assert "text_to_image" in str(error)
    request = ImageRequest(prompt="a cat", extra={"inputs": {"99.seed": 1}})
    assert "99.seed" in str(failure(lambda: run(Server(), request)))


def test_a_refused_workflow_names_node_and_input() -> None:
    server = Server()
    row = {
        "type": "value_not_in_list",
        "message": "Value not in list",
        "details": "ckpt_name: 'x'",
        "extra_info": {"input_name": "ckpt_name"},
    }
    body = {
        "error": {"type": "prompt_outputs_failed_validation"},
        "node_errors": {"1": {"errors": [row], "class_type": "Loader"}},
    }
    server.refusal = CannedReply(status=400, body=body)
    error = failure(lambda: run(server, ImageRequest(prompt="a cat", model="x")))
    assert isinstance(error, errors.Rejected)
    assert "node 1 (Loader), input ckpt_name: Value not in list" in str(error)
    assert error.details["node"] == "1"
    server.refusal = CannedReply(status=400, body={"error": "no prompt", "node_errors": []})
    assert "no prompt" in str(failure(lambda: run(server, ImageRequest(prompt="a cat", model="x"))))
    server = Server()
    server.refusal = CannedReply(body={"prompt_id": "job-1", "node_errors": body["node_errors"]})
    result, _ = run(server, ImageRequest(prompt="a cat", model="x"))
    assert [warning.setting for warning in result.warnings] == ["workflow"]


CRASH = ["execution_error", {"node_id": "5", "node_type": "KSampler", "exception_message": "out of memory"}]


@pytest.mark.parametrize(
    ("server", "kind", "words"),
    [
        (Server(status="error", messages=[CRASH]), errors.JobFailed, "node 5 (KSampler) failed: out of memory"),
        (Server(status="error", messages=[["execution_interrupted", {}]]), errors.JobFailed, "cancelled"),
        (Server(outputs={}), errors.BadReply, "no file"),
        (Server(outputs={"7": {"text": ["hello"]}}), errors.BadReply, "no file"),
    ],
)
def test_workflows_that_end_badly(server: Server, kind: type[errors.LollmsError], words: str) -> None:
    error = failure(lambda: run(server, ImageRequest(prompt="a cat", model="x")))
    assert isinstance(error, kind)
    assert words in str(error)


def test_previews_are_given_only_where_nothing_is_saved() -> None:
    preview = {"images": [{"filename": "p.png", "type": "temp"}]}
    result, driver = run(
        Server(outputs={"1": preview, "7": SAVED, "8": {"novelty": 3}}), ImageRequest(prompt="a", model="x")
    )
    assert len(result.images) == 1
    assert "lollms_00001_" in driver.requests[-1].url
    _, driver = run(Server(outputs={"1": preview}), ImageRequest(prompt="a", model="x"))
    assert "type=temp" in driver.requests[-1].url


def test_states_of_the_queue() -> None:
    binding = native("tti", "comfyui")
    handle = JobHandle(binding="comfyui", binding_type="tti", method="image", id="job-1")
    states = []
    server = Server(waits=2)
    for _ in range(3):
        states.append(ScriptedDriver([server] * 3).run(binding.check(handle)).state)
    assert states == ["queued", "running", "done"]
    gone = JobHandle(binding="comfyui", binding_type="tti", method="image", id="job-9")
    error = failure(lambda: ScriptedDriver([Server()] * 3).run(binding.check(gone)))
    assert isinstance(error, errors.JobExpired)


@pytest.mark.parametrize(("waits", "interrupts"), [(0, 1), (5, 0)])
def test_cancelling_interrupts_only_the_own_job(waits: int, interrupts: int) -> None:
    binding = native("tti", "comfyui")
    server = Server(waits=waits)
    handle = JobHandle(binding="comfyui", binding_type="tti", method="image", id="job-1")
    driver = ScriptedDriver([server] * 3)
    driver.run(binding.cancel_job(handle))
    assert server.asked.count("POST interrupt") == interrupts
    assert body_of(driver.requests[0]) == {"delete": ["job-1"]}
    if interrupts:
        assert body_of(driver.requests[-1]) == {"prompt_id": "job-1"}


def test_a_caller_who_stops_waiting_stops_the_server() -> None:
    token = CancelToken()
    server = Server(waits=100)

    def answer(request: HttpRequest) -> CannedReply:
        reply = server(request)
        if server.asked.count("GET history/job-1") == 2:
            token.cancel()
        return reply

    driver = ScriptedDriver([answer] * 20)
    request = ImageRequest(prompt="a cat", model="x")
    with pytest.raises(errors.Cancelled):
        driver.run(native("tti", "comfyui").image_flow(request), driver.context(cancel=token))
    assert "POST queue" in server.asked


def test_models_and_the_key_of_a_proxy() -> None:
    driver = ScriptedDriver([Server()] * 2)
    models = driver.run(native("tti", "comfyui").models_flow())
    assert [model.name for model in models] == ["sd15.safetensors", "xl.safetensors", "wan"]
    assert driver.requests[0].url == "http://127.0.0.1:8188/object_info/CheckpointLoaderSimple"
    assert driver.requests[0].plain_headers()["Authorization"] == f"Bearer {KEY}"
    empty = CannedReply(body={})
    error = failure(
        lambda: ScriptedDriver([empty] * 2).run(native("tti", "comfyui").image_flow(ImageRequest(prompt="a")))
    )
    assert isinstance(error, errors.NotFound)


@pytest.mark.parametrize("name", ["text_to_image", "image_to_image", "inpaint", "text_to_video", "image_to_video"])
def test_our_workflows_are_whole(name: str) -> None:
    workflow = Workflow.load(name)
    for node in workflow.nodes.values():
        for value in node["inputs"].values():
            assert not isinstance(value, list) or value[0] in workflow.nodes
    assert {"prompt", "negative_prompt", "seed", "steps", "guidance", "model"} <= workflow.places.keys()
    assert ("image" in workflow.places) == name.startswith(("image", "inpaint"))
