"""How an eSIM, and what happens to it, reaches its traveler and the portal. Knows nothing of Temporal."""
