"""NVIDIA NIM on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "NvidiaNimBinding"


class NvidiaNimBinding(OpenAICompatibleLLM):
    """Language models of NVIDIA NIM."""
