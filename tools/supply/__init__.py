"""The supply chain: what the locks in requirements/ install, as a bill of materials, and what is known against it."""
