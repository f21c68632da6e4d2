"""The public contract (docs/contract.md): the messages that portals and workflows exchange; and workflow ids, search
attributes, task queues and constants that several rooms share. It imports nothing of ours.

Unknown fields in an input are ignored; missing or malformed ones are refused.
"""
