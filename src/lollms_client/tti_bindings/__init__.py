"""The bundled TTI bindings: one folder each, found by the registry without importing them."""
