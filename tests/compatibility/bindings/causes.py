"""Why bindings in the wild fail where they do, in words, by patterns of `type/name step: outcome`; the first wins."""

from __future__ import annotations

TORCH = "not tried: it runs its model itself, on PyTorch and its relatives (several GB) and with weights from a hub"
KNOWN = (
    (r"(transformers|tensor_rt|vllm|diffusers|whisper|audiocraft) load: MissingDependency", TORCH),
    (r"llm/vllm .*not loaded", "not tried: it starts a vLLM server of its own, which needs a GPU"),
    (r"llamacpp load", "not tried: its packages are compiled ones that the index does not hold for this machine"),
    (r"llama_cpp_server load", "not tried: it fetches a program from a code host and runs it"),
    (r"openllm load: MissingDependency", "not tried: it was written for a client that today's openllm no longer holds"),
    (r"syntax error.*nonlocal", "Python cannot compile it: `nonlocal` at the top of a module"),
    (r"does not offer chat", "its `generate_text` calls a `chat` that neither it nor its base has since 1.18"),
    (r"llm/ollama callback", "it tells and counts every piece twice"),
    (r"open_router embed", "it takes no model from its settings for embeddings"),
    (r"ttv/lollms load", "its module is empty"),
    (r"ttv/sd.cpp load", "it is a description without code"),
    (r"ttv/minimaxh3 load", "it imports a module that the wheel lacks"),
    (r"tts/(bark|piper_tts|vibevoice) load: MissingDependency", "not tried: it installs a server of its own first"),
    (r"tts/xtts speak.*-1", "it asks for a time limit of -1 seconds, which `requests` refuses"),
    (r"tts/pocket_tts speak", TORCH),
    (r"tts/canvas_tts speak", "its sound is made by a page in a browser"),
    (r"tts/lollms speak", "its `generate_audio` gives no bytes by design"),
    (r"tti/openai edit", "without a mask it sends None, which the SDK refuses"),
    (r"tti/gguf_diffusion edit", "it gives None: editing is not written yet"),
    (r"tti/gemini load.*configure", "it calls a function that this SDK never had"),
    (r"stt/whispercpp load", "not tried: it runs the program whisper.cpp, which no package index holds"),
)
