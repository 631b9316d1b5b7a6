"""Records → quads → store → answers."""
