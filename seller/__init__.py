"""The library of every program that sells: begin with ``SellerClient`` in seller/client.py.

It imports contract/ and temporal/ alone. It needs temporalio and pydantic, and cryptography for encrypted payloads.
"""
