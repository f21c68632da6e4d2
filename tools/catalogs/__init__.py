"""The catalogs of what travelers read, brought up to date with what is written in the program: ``make catalogs``."""
