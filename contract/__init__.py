"""The messages that a portal and the workflows exchange: the public contract (docs/contract.md).

Unknown fields in an input are ignored; missing or malformed ones are refused. This package imports nothing of ours.
"""
