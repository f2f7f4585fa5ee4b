"""What each service says: OpenAI's wire and its relatives, Ollama, Anthropic, Gemini, media services, local servers."""

from __future__ import annotations

import json
import re
from typing import Any

from .fake_services import IMAGE, TEXT, VECTOR, WAV, WORDS, Reply, Seen, events, lines, route

USAGE = {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11}


# --- Ollama (before OpenAI: its paths are the more special ones) ---


@route(r"POST .*(?<!v1)/api/chat$")
def ollama_chat(seen: Seen, given: Any) -> Reply:
    def part(text: str, done: bool) -> dict[str, Any]:
        facts = {"model": "m", "created_at": "2026-01-01T00:00:00Z", "done": done}
        return {**facts, "message": {"role": "assistant", "content": text}, **({"done_reason": "stop"} if done else {})}

    if given.get("stream") is False:
        return Reply(part(TEXT, True))
    return lines([*(part(word, False) for word in WORDS), part("", True)])


@route(r"POST .*/api/generate$")
def ollama_generate(seen: Seen, given: Any) -> Reply:
    def part(text: str, done: bool) -> dict[str, Any]:
        return {"model": "m", "created_at": "2026-01-01T00:00:00Z", "response": text, "done": done}

    if given.get("stream") is False:
        return Reply(part(TEXT, True))
    return lines([*(part(word, False) for word in WORDS), part("", True)])


@route(r"/api/(tags|ps)$")
def ollama_tags(seen: Seen, given: Any) -> Reply:
    details = {"format": "gguf", "family": "llama", "families": ["llama"], "parameter_size": "1B"}
    facts = {"name": "m", "model": "m", "modified_at": "2026-01-01T00:00:00Z", "size": 5, "digest": "d"}
    return Reply({"models": [{**facts, "details": {**details, "quantization_level": "Q4"}}]})


@route(r"/api/show$")
def ollama_show(seen: Seen, given: Any) -> Reply:
    return Reply({"modelfile": "", "parameters": "", "model_info": {"llama.context_length": 4096}, "details": {}})


@route(r"/api/embeddings$")
def ollama_embeddings(seen: Seen, given: Any) -> Reply:
    return Reply({"embedding": VECTOR})


@route(r"/api/embed$")
def ollama_embed(seen: Seen, given: Any) -> Reply:
    return Reply({"model": "m", "embeddings": [VECTOR]})


# --- Anthropic ---


@route(r"anthropic\.com/v1/messages")
def anthropic_messages(seen: Seen, given: Any) -> Reply:
    if not given.get("max_tokens"):
        kind = {"type": "invalid_request_error", "message": "max_tokens: Field required"}
        return Reply({"type": "error", "error": kind}, status=400)
    usage = {"input_tokens": 5, "output_tokens": 6}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
               "stop_sequence": None, "usage": usage, "content": [{"type": "text", "text": TEXT}]}  # fmt: skip
    if not given.get("stream"):
        return Reply(message)
    parts: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    parts += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}} for word in WORDS
    ]
    parts += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]
    return events(parts, done=False, named=True)


@route(r"anthropic\.com/v1/models")
def anthropic_models(seen: Seen, given: Any) -> Reply:
    model = {"type": "model", "id": "claude-m", "display_name": "Claude M", "created_at": "2026-01-01T00:00:00Z"}
    return Reply({"data": [model], "has_more": False, "first_id": "claude-m", "last_id": "claude-m"})


# --- Gemini ---


@route(r"googleapis\.com/.*:(streamG|g)enerateContent")
def gemini_content(seen: Seen, given: Any) -> Reply:
    wants = (given.get("generationConfig") or {}).get("responseModalities") or []

    def part(content: dict[str, Any], last: bool) -> dict[str, Any]:
        candidate = {"content": {"role": "model", "parts": [content]}, "index": 0}
        return {"candidates": [{**candidate, **({"finishReason": "STOP"} if last else {})}],
                "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 6, "totalTokenCount": 11}}  # fmt: skip

    if "IMAGE" in wants or "image" in seen.path:
        return Reply(part({"inlineData": {"mimeType": "image/png", "data": IMAGE}}, True))
    if "streamGenerateContent" not in seen.path:
        return Reply(part({"text": TEXT}, True))
    parts = [part({"text": word}, word == WORDS[-1]) for word in WORDS]
    return events(parts, done=False) if "alt=sse" in seen.path else Reply(json.dumps(parts).encode())


@route(r"googleapis\.com/.*:countTokens")
def gemini_count(seen: Seen, given: Any) -> Reply:
    return Reply({"totalTokens": 5})


@route(r"googleapis\.com/.*:predict")
def imagen(seen: Seen, given: Any) -> Reply:
    return Reply({"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": IMAGE}]})


@route(r"googleapis\.com/.*:(batchE|e)mbedContents?")
def gemini_embed(seen: Seen, given: Any) -> Reply:
    many = "batch" in seen.path
    return Reply({"embeddings": [{"values": VECTOR}]} if many else {"embedding": {"values": VECTOR}})


@route(r"googleapis\.com/.*/models")
def gemini_models(seen: Seen, given: Any) -> Reply:
    actions = ["generateContent", "countTokens", "embedContent", "predict"]
    model = {"name": "models/gemini-m", "version": "1", "displayName": "Gemini M", "description": "",
             "inputTokenLimit": 4096, "outputTokenLimit": 512, "supportedGenerationMethods": actions}  # fmt: skip
    return Reply({"models": [model, {**model, "name": "models/imagen-4.0-generate-001", "displayName": "Imagen"}]})


# --- Hugging Face ---


@route(r"huggingface\.co/api/models/")
def mapping(seen: Seen, given: Any) -> Reply:
    provider = {"status": "live", "providerId": "m", "task": "text-generation"}
    if "MiniLM" in seen.path or "embed" in seen.path:
        provider["task"] = "feature-extraction"
    return Reply({"id": "m", "inferenceProviderMapping": {"hf-inference": provider}, "pipeline_tag": provider["task"]})


@route(r"POST .*huggingface\.co/.*(feature-extraction|MiniLM)")
def features(seen: Seen, given: Any) -> Reply:
    return Reply(VECTOR)


@route(r"POST .*huggingface\.co/(hf-inference/)?models/[^/]+$")
def generation(seen: Seen, given: Any) -> Reply:
    if not given.get("stream"):
        return Reply([{"generated_text": TEXT}])
    tokens = [{"index": place, "token": {"id": place, "text": word, "logprob": 0.0, "special": False}}
              for place, word in enumerate(WORDS)]  # fmt: skip
    return events(tokens, done=False)


# --- OpenAI's wire ---


@route(r"POST .*/(chat/completions|sonar)(\?.*)?$|POST .*/models/.*/v1/chat")
def chat_completions(seen: Seen, given: Any) -> Reply:
    facts = {"id": "c1", "created": 1, "model": "m"}
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}, "b64_json": IMAGE}
    pictures = {"images": [picture]}
    wants_pictures = "image" in (given.get("modalities") or [])
    if not given.get("stream"):
        message = {"role": "assistant", "content": TEXT, **(pictures if wants_pictures else {})}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return Reply({**facts, "object": "chat.completion", "choices": [choice], "usage": USAGE})
    facts["object"] = "chat.completion.chunk"

    def piece(delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
        return {**facts, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    return events([*(piece({"content": word}, None) for word in WORDS), piece({}, "stop")])


@route(r"POST .*/completions$|POST .*/completion$")
def completions(seen: Seen, given: Any) -> Reply:
    if seen.path.endswith("/completion"):
        if given.get("stream"):
            return events([{"content": word, "stop": word == WORDS[-1]} for word in WORDS], done=False)
        return Reply({"content": TEXT, "stop": True})
    facts = {"id": "c1", "object": "text_completion", "created": 1, "model": "m"}
    if given.get("stream"):
        return events([{**facts, "choices": [{"index": 0, "text": w, "finish_reason": None}]} for w in WORDS])
    return Reply({**facts, "choices": [{"index": 0, "text": TEXT, "finish_reason": "stop"}], "usage": USAGE})


@route(r"POST .*/responses$")
def responses(seen: Seen, given: Any) -> Reply:
    text = {"type": "output_text", "text": TEXT, "annotations": []}
    message = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [text]}
    picture = {"type": "image_generation_call", "id": "i1", "status": "completed", "result": IMAGE}
    facts = {"id": "r1", "object": "response", "created_at": 1, "model": "m", "status": "completed"}
    return Reply({**facts, "output": [message, picture], "parallel_tool_calls": False, "tools": [],
                  "tool_choice": "auto", "error": None})  # fmt: skip


@route(r"POST .*/embeddings?(\?.*)?$|POST .*/feature-extraction")
def embeddings(seen: Seen, given: Any) -> Reply:
    if "huggingface" in seen.host:
        return Reply(VECTOR)
    listed = [{"object": "embedding", "index": 0, "embedding": VECTOR}]
    facts = {"id": "embd-1", "object": "list", "model": "m", "usage": USAGE}
    return Reply({**facts, "data": listed, "embedding": VECTOR})


@route(r"POST .*/images/(generations|edits?|variations)")
def openai_images(seen: Seen, given: Any) -> Reply:
    return Reply({"created": 1, "data": [{"b64_json": IMAGE}]})


@route(r"POST .*/audio/transcriptions")
def transcriptions(seen: Seen, given: Any) -> Reply:
    return Reply({"text": TEXT})


@route(r"POST .*/audio/(speech|generate)")
def speech(seen: Seen, given: Any) -> Reply:
    return Reply(WAV, "audio/wav")


@route(r"GET .*/audio/voices|GET .*/voices$")
def voices(seen: Seen, given: Any) -> Reply:
    return Reply({"voices": ["anna", "ben"], "items": [{"id": "anna", "name": "Anna"}], "uploaded_voices": []})


@route(r"suno\.com/v1/client.*")
def suno_client(seen: Seen, given: Any) -> Reply:
    return Reply({"response": {"last_active_session_id": "s1", "sessions": [{"id": "s1"}]}, "jwt": "token"})


@route(r"suno\.com/api/generate")
def suno_generate(seen: Seen, given: Any) -> Reply:
    return Reply({"clips": [{"id": "clip1"}]})


@route(r"suno\.com/api/feed")
def suno_feed(seen: Seen, given: Any) -> Reply:
    return Reply([{"id": "clip1", "status": "complete", "audio_url": "https://cdn.suno.com/made.wav"}])


@route(r"GET .*/models(/list)?(\?.*)?$")
def models(seen: Seen, given: Any) -> Reply:
    bare = re.search(r":(8091|5000)/|lollms/v1/\w+/models|^localhost:\d+/list_models", f"{seen.host}{seen.path}")
    names = {"id": "m", "name": "m", "model_name": "m", "object": "model", "created": 1, "owned_by": "us"}
    sizes = {"context_length": 4096, "max_model_len": 4096, "context_window": 4096, "active": True, "type": "base"}
    kinds = {"output_modalities": ["text", "image"], "input_modalities": ["text"]}
    model = {**names, **sizes, "architecture": kinds, "capabilities": {"completion_chat": True}}
    if bare and "v1/models" not in seen.path.replace("lollms/v1", ""):
        return Reply(["m"])
    others = [{**model, "id": name, "name": name, "model_name": name} for name in ("gpt-4o", "gpt-image-1")]
    return Reply({"object": "list", "data": [model, *others], "models": ["m"]})
