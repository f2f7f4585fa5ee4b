"""Cloudflare Workers AI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "CloudflareBinding"


class CloudflareBinding(OpenAICompatibleLLM):
    """Language models of Cloudflare Workers AI."""
