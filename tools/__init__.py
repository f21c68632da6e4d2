"""What is beside the product: the simulated SFT, the demo, the chaos run and the benchmark."""
