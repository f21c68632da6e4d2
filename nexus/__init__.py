"""The same operations as a Temporal Nexus service, for portals in a namespace of their own."""
