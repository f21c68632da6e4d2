"""The library of every program that sells: begin with ``SellerClient`` in seller/client.py.

It imports contract/ and temporal/ only; it needs temporalio and pydantic, and cryptography where payloads are encrypted.
"""
