"""The text processor of a language binding (`client.llm.tp`): the helpers around texts, on that binding alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lollms_client.compatibility.application.code_methods import CodeMethods
from lollms_client.compatibility.application.long_texts import LongTextMethods
from lollms_client.compatibility.application.structured_methods import StructuredMethods

_OWNERS = (StructuredMethods, CodeMethods, LongTextMethods)


class LollmsTextProcessor:
    """Structured answers, code, choices and long texts with one binding; the methods are those of the client."""

    def __init__(self, llm: Any) -> None:
        from lollms_client.client import LollmsClient

        self.llm = llm
        self._client = LollmsClient()
        self._client.put_binding("llm", llm)

    def edit_code(
        self,
        original_code: str,
        edit_instruction: str,
        language: str = "python",
        file_name: str = "code",
        **options: Any,
    ) -> dict[str, Any]:
        """Change code as told; the same as `update_code`."""
        given = {name: value for name, value in options.items() if name not in _OF_EDITING}
        return self._client.update_code(original_code, edit_instruction, language, **given)

    def summerize_text(self, text: str, summary_instruction: str = "Summarise concisely.", **options: Any) -> str:
        """A summary of a text of any length."""
        summary: str = self._client.long_context_processing(text, summary_instruction, **options)
        return summary

    def extract_keywords(self, text: str, num_keywords: int = 5, **options: Any) -> list[str]:
        """The words that say best what a text is about."""
        schema: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}, "maxItems": num_keywords}
        prompt = f"Which words or short phrases, at most {num_keywords}, say best what this text is about?\n\n{text}"
        words: list[str] = self._client.generate_structured_content(prompt, schema, **options)
        return words

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and any(name in vars(owner) for owner in _OWNERS):
            return getattr(self._client, name)
        raise AttributeError(f"LollmsTextProcessor has no attribute {name!r}")


_OF_EDITING = ("max_chunk_size", "context_lines", "fallback_to_full_rewrite")
