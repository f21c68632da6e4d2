"""Measures the product beside the floor: what Temporal needs for as many steps that do nothing."""
