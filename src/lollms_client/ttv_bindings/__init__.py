"""The bundled TTV bindings: one folder each, found by the registry without importing them."""
