"""The client of the SFT API: HTTP, tokens, envelopes and typed errors. It knows nothing of Temporal."""
