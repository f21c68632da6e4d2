"""HTTP that our processes answer, and the addresses they answer on."""
