"""Bindings that the public package has under another name."""

from __future__ import annotations

FORMER_NAMES = {
    ("llm", "claude"): "anthropic",
    ("llm", "grok"): "xai",
    ("llm", "hugging_face_inference_api"): "huggingface_router",
    ("llm", "litellm"): "litellm_proxy",
    ("llm", "llamacpp"): "llama_cpp",
    ("llm", "novita_ai"): "novita",
    ("llm", "open_router"): "openrouter",
    ("llm", "openwebui"): "open_webui",
    ("llm", "pythonllamacpp"): "llama_cpp",
    ("tti", "stability_ai"): "stability",
    ("ttm", "stability_ai"): "stability",
    ("ttv", "open_router"): "openrouter",
}
