"""An SFT that runs here: the same wire over real HTTP, with inspectable state and faults to order.

What it knows of the wire is what is publicly known of SFT. Where nothing is known, it assumes and says so.
"""
