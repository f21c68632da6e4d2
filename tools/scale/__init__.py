"""Measures what eSIMs cost for as long as they live, and says what thousands and millions of them come to."""
