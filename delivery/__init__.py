"""How an installable eSIM reaches its traveler: QR codes, install links, e-mail. Knows nothing of Temporal."""
