"""The drill: a whole system in which twenty things have gone wrong, and what customers say of them."""
