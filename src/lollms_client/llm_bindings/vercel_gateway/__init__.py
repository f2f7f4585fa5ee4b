"""Vercel AI Gateway on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "VercelGatewayBinding"


class VercelGatewayBinding(OpenAICompatibleLLM):
    """Language models of Vercel AI Gateway."""
