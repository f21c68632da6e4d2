"""The REST API: what a portal in any language asks over HTTP, mounted under /api."""
