"""What media services and local servers of bindings say."""

from __future__ import annotations

import base64
from typing import Any

from .fake_services import IMAGE, MP4, PNG, TEXT, VECTOR, WAV, WORDS, Reply, Seen, route

# --- made media, wherever a link leads ---


@route(r"GET .*/made\.(\w+)$")
def made(seen: Seen, given: Any) -> Reply:
    name = seen.path.rpartition(".")[2]
    content, kind = {"png": (PNG, "image/png"), "mp4": (MP4, "video/mp4")}.get(name, (WAV, "audio/wav"))
    return Reply(content, kind)


# --- services ---


@route(r"POST .*leonardo\.ai/.*/generations$")
def leonardo(seen: Seen, given: Any) -> Reply:
    return Reply({"sdGenerationJob": {"generationId": "g1"}})


@route(r"GET .*leonardo\.ai/.*/generations/g1")
def leonardo_done(seen: Seen, given: Any) -> Reply:
    made = [{"url": "https://cdn.leonardo.ai/made.png", "id": "i1"}]
    return Reply({"generations_by_pk": {"status": "COMPLETE", "generated_images": made}})


@route(r"novita\.ai/.*task-result")
def novita_result(seen: Seen, given: Any) -> Reply:
    links = {"image_url": "https://cdn.novita.ai/made.png", "video_url": "https://cdn.novita.ai/made.mp4"}
    task = {"task_id": "t1", "status": "TASK_STATUS_SUCCEED", "progress_percent": 100}
    return Reply({"task": task, "images": [links], "videos": [links], "extra": {}})


@route(r"novita\.ai/.*/user/|novita\.ai/.*balance")
def novita_user(seen: Seen, given: Any) -> Reply:
    return Reply({"balance": "1", "allow_features": [], "credit_balance": 1})


@route(r"POST .*novita\.ai/.*/(async|images)/")
def novita_submit(seen: Seen, given: Any) -> Reply:
    return Reply({"task_id": "t1", "images": [IMAGE], "data": [{"b64_json": IMAGE}], "image": IMAGE})


@route(r"POST .*novita\.ai/v3/(text2img|inpainting|.*2img)")
def novita_image(seen: Seen, given: Any) -> Reply:
    return Reply({"images": [{"image_base64": IMAGE, "base64": IMAGE}], "task_id": "t1"})


@route(r"POST .*stability\.ai/v2beta/")
def stability(seen: Seen, given: Any) -> Reply:
    return Reply(PNG, "image/png")


@route(r"POST .*stability\.ai/v1/generation/.*audio")
def stability_audio(seen: Seen, given: Any) -> Reply:
    return Reply(WAV, "audio/wav")


@route(r"replicate\.com/v1/predictions")
def replicate(seen: Seen, given: Any) -> Reply:
    link = "https://api.replicate.com/v1/predictions/p1"
    facts = {"id": "p1", "status": "succeeded", "urls": {"get": link}, "error": None}
    return Reply(
        {**facts, "output": "https://cdn.replicate.com/made.wav"}, status=201 if seen.method == "POST" else 200
    )


@route(r"POST .*beatoven\.ai/.*/tracks$")
def beatoven(seen: Seen, given: Any) -> Reply:
    return Reply({"task_id": "k1"})


@route(r"beatoven\.ai/.*")
def beatoven_done(seen: Seen, given: Any) -> Reply:
    link = "https://cdn.beatoven.ai/made.wav"
    return Reply({"status": "success", "renders": {"wav": link}, "track_id": "t1"})


@route(r"POST .*topmediai\.com/v1/music")
def topmediai(seen: Seen, given: Any) -> Reply:
    link = "https://cdn.topmediai.com/made.wav"
    return Reply({"code": 0, "data": {"music_url": link}})


# --- the LoLLMS web UI of old, and lollms ---


@route(r"POST .*/lollms_generate(_with_images)?$")
def webui(seen: Seen, given: Any) -> Reply:
    return Reply(list(WORDS), "text/plain") if given.get("stream") else Reply(TEXT.encode(), "text/plain")


@route(r"POST .*/(lollms_)?tokenize$")
def tokenize(seen: Seen, given: Any) -> Reply:
    numbers = list(range(5))
    return Reply([[number, "t"] for number in numbers] if "lollms_" in seen.path else {"tokens": numbers, "count": 5})


@route(r"POST .*/(lollms_)?detokenize$")
def detokenize(seen: Seen, given: Any) -> Reply:
    return Reply(TEXT if "lollms_" in seen.path else {"text": TEXT, "content": TEXT, "prompt": TEXT})


@route(r"POST .*/lollms_embed$")
def webui_embed(seen: Seen, given: Any) -> Reply:
    return Reply({"vector": VECTOR})


@route(r"/(list_mounted_)?personalities$")
def personalities(seen: Seen, given: Any) -> Reply:
    return Reply([])


@route(r"/capabilities$")
def capabilities(seen: Seen, given: Any) -> Reply:
    return Reply({"tti": True, "tts": True, "stt": True, "models": ["m"]})


@route(r"POST .*/text2Audio$")
def text_to_audio(seen: Seen, given: Any) -> Reply:
    return Reply({"audio": base64.b64encode(WAV).decode(), "url": "/made.wav"})


@route(r"POST .*/audio2text$")
def audio_to_text(seen: Seen, given: Any) -> Reply:
    return Reply({"text": TEXT, "transcription": TEXT})


# --- servers that bindings run themselves ---


@route(r"GET .*/(status|health|info|version|server_info)$")
def status(seen: Seen, given: Any) -> Reply:
    running = {"status": "running", "state": "ready", "ready": True, "model_loaded": True, "version": "1"}
    return Reply({**running, "model_name": "m", "message": "ok"})


@route(r"/props$")
def props(seen: Seen, given: Any) -> Reply:
    return Reply({"default_generation_settings": {"n_ctx": 4096, "model": "m"}, "total_slots": 1})


@route(r"/list_(stt|tts|ttm|tti|ttv)?_?(models|services)$")
def listed(seen: Seen, given: Any) -> Reply:
    if seen.path.endswith("services"):
        return Reply([{"name": "m", "caption": "M", "help": ""}])
    return Reply(["m"] if "lollms" in seen.path else {"models": ["m"]})


@route(r"/(list_voices|voices)$")
def listed_voices(seen: Seen, given: Any) -> Reply:
    return Reply({"voices": ["anna", "ben"]})


@route(
    r"/(get_settings|get_active_tti_settings|set_settings|set_voice|set_active_tti_settings|load|unload\w*|pull_model)"
)
def settings(seen: Seen, given: Any) -> Reply:
    return Reply({"success": True, "status": "success", "settings": {}, "message": "ok"})


@route(r"/ps$")
def running(seen: Seen, given: Any) -> Reply:
    return Reply([{"model_name": "m"}])


@route(r"POST .*/(generate_image|edit_image)$")
def local_image(seen: Seen, given: Any) -> Reply:
    return Reply({"image": IMAGE}) if seen.host.endswith(":9600") else Reply(PNG, "image/png")


@route(r"POST .*/(generate_audio|v1/tts|generate_music|generate_song)$")
def local_audio(seen: Seen, given: Any) -> Reply:
    return Reply(WAV, "audio/wav")


@route(r"POST .*/(generate_video|v1/video/generate|v1/videos?.*|lipsync)$")
def local_video(seen: Seen, given: Any) -> Reply:
    return Reply(MP4, "video/mp4")


@route(r"POST .*/transcribe$")
def local_transcription(seen: Seen, given: Any) -> Reply:
    return Reply({"text": TEXT, "transcription": TEXT})


@route(r"POST .*:\d+/generate$")
def gguf(seen: Seen, given: Any) -> Reply:
    return Reply(PNG, "image/png")
