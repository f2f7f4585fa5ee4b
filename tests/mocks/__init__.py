"""Tests of the mock and replay bindings."""
