"""Ports on which nobody listens."""

from tools.demo.ports import free_ports


def free_port() -> int:
    """One of 127.0.0.1 that is free right now."""
    return free_ports({"any": 0})["any"]
