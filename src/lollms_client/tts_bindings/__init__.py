"""The bundled TTS bindings: one folder each, found by the registry without importing them."""
