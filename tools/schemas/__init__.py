"""The contract as JSON Schema, written down in docs/schemas/."""
