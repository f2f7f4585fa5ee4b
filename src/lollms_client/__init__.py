"""One Python client for every AI model, in six modalities."""
