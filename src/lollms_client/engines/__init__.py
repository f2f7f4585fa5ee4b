"""Local engines: each a package of plain Python around one native library or method, knowing nothing of bindings."""
