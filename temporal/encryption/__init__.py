"""Encryption of everything that Temporal stores: keys, codec, and the codec server that lets people read it."""
