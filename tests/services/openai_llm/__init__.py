"""Language models on OpenAI's wire."""
