"""Services that speak OpenAI's wire: one implementation for every modality, the services themselves as data."""
