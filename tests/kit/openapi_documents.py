"""Small OpenAPI documents of services that do not exist, one for each shape of a route."""

from __future__ import annotations

from typing import Any


def _document(path: str, body: Any, reply: Any, **more: Any) -> dict[str, Any]:
    operation = {"summary": "Do it", "requestBody": {"content": body}, "responses": {"200": {"content": reply}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "A service", "version": "1"},
        "servers": [{"url": "https://api.{region}.example.com/base", "variables": {"region": {"default": "eu"}}}],
        "paths": {path: {"post": operation | more.pop("operation", {})}, **more.pop("paths", {})},
        **more,
    }


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


_TEXT = {"type": "string"}
_FILE = {"type": "string", "format": "binary"}
SPEECH: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Voices", "version": "1"},
    "servers": [{"url": "https://api.voices.example.com/"}],
    "security": [{"key": []}],
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-voice-key"}},
        "schemas": {
            "Speech": {
                "allOf": [
                    {"$ref": "#/components/schemas/Voiced"},
                    _object(
                        ["text", "stability", "settings_version"],
                        text=_TEXT,
                        speed={"type": "number", "minimum": 0.5, "maximum": 2, "default": 1},
                        output_format={"type": "string", "enum": ["wav", "mp3"], "default": "wav"},
                        stability={"type": "number", "default": 0.4, "minimum": 0, "maximum": 1},
                        emotion={"$ref": "#/components/schemas/Emotion"},
                        settings_version={"type": "integer", "const": 3},
                        timeout={"type": "integer", "minimum": 1, "nullable": True},
                        stream={"type": "boolean"},
                        old={"type": "string", "deprecated": True},
                    ),
                ]
            },
            "Voiced": _object(["voice_id"], voice_id=_TEXT),
            "Emotion": {
                "type": "string",
                "enum": ["calm", "glad"],
                "description": "How it sounds. Not all can.",
            },
        },
    },
    "paths": {
        "/v1/speech": {
            "post": {
                "summary": "Speak a text",
                "requestBody": {"content": _json({"$ref": "#/components/schemas/Speech"})},
                "responses": {"200": {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}},
            }
        }
    },
}
IMAGES = _document(
    "/images",
    _json(
        _object(
            ["prompt"],
            prompt=_TEXT,
            size={"type": "string", "enum": ["256x256", "512x512"]},
            response_format={"type": "string", "enum": ["url", "b64_json"]},
            n={"type": "integer"},
            style={"anyOf": [{"type": "string", "enum": ["photo", "drawing"]}, {"type": "null"}]},
        )
    ),
    _json(_object([], data={"type": "array", "items": _object([], b64_json=_TEXT, url=_TEXT)})),
)
EDIT = _document(
    "/edits",
    {"multipart/form-data": {"schema": _object(["image", "prompt"], image={"type": "string", "format": "binary"},
                                               prompt=_TEXT, strength={"type": "number", "minimum": 0, "maximum": 1})}},
    _json(_object([], images={"type": "array", "items": _object([], url={"type": "string", "format": "uri"})})),
)  # fmt: skip
LISTEN = _document(
    "/listen",
    {"audio/*": {"schema": {"type": "string", "format": "binary"}}},
    _json(_object([], results=_object([], alternatives={"type": "array", "items": _object([], transcript=_TEXT)}))),
    operation={"parameters": [
        {"name": "language", "in": "query", "schema": _TEXT},
        {"name": "punctuate", "in": "query", "schema": {"type": "boolean", "default": True}},
        {"name": "beam", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9}},
    ]},
    security=[{"key": []}],
    components={"securitySchemes": {"key": {
        "type": "apiKey", "in": "header", "name": "Authorization", "description": "`Authorization: Token <KEY>`"}}},
)  # fmt: skip
TRANSCRIBE = _document(
    "/transcriptions",
    {"multipart/form-data": {"schema": _object(["file", "model"], file=_FILE, model=_TEXT,
                                               temperature={"type": "number", "minimum": 0, "maximum": 1},
                                               prompt=_TEXT)}},
    _json(_object([], text=_TEXT)),
)  # fmt: skip
CHAT = _document(
    "/models/{model_id}/chat",
    _json(
        _object(
            ["messages", "logprobs"],
            messages={"type": "array", "items": {"type": "object"}},
            max_tokens={"type": "integer", "minimum": 1},
            stop_sequences={"type": "array", "items": _TEXT},
            logprobs={"type": "boolean", "default": False},
            stream={"type": "boolean"},
        )
    ),
    _json(_object([], choices={"type": "array", "items": _object([], message=_object([], content=_TEXT))})),
    operation={"parameters": [{"name": "model_id", "in": "path", "required": True, "schema": _TEXT}]},
)
MUSIC = _document(
    "/compose",
    _json(_object(["prompt"], prompt=_TEXT, music_length_ms={"type": "integer", "minimum": 3000, "maximum": 90000},
                  force_instrumental={"type": "boolean", "default": False})),
    {"audio/mpeg": {"schema": {"type": "string", "format": "binary"}}},
    operation={"security": [{"key": []}]},
    components={"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "api_key"}}},
)  # fmt: skip
FILM = _document(
    "/films",
    _json(_object(["prompt", "model", "duration"], prompt=_TEXT, model={"type": "string", "enum": ["wave-1", "wave-2"]},
                  duration={"type": "string", "enum": ["5", "10"]})),
    _json(_object([], task=_object([], id=_TEXT))),
    paths={"/films/{task_id}": {
        "get": {"responses": {"200": {"content": _json(_object(
            [], status={"type": "string", "enum": ["PENDING", "PROCESSING", "SUCCEEDED", "FAILED"]},
            progress={"type": "number"}, output=_object([], video_url=_TEXT)))}}},
        "delete": {"responses": {"204": {}}},
    }},
)  # fmt: skip
DOCUMENTS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "speech": ("tts", "http", "/v1/speech", SPEECH),
    "images": ("tti", "http", "/images", IMAGES),
    "edit": ("tti", "http", "/edits", EDIT),
    "listen": ("stt", "http", "/listen", LISTEN),
    "transcribe": ("stt", "http", "/transcriptions", TRANSCRIBE),
    "chat": ("llm", "http", "/models/{model_id}/chat", CHAT),
    "music": ("ttm", "http", "/compose", MUSIC),
    "film": ("ttv", "job", "/films", FILM),
}
