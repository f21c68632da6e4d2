"""What the world does to a run beside faults and kills: one force a module. docs/chaos.md explains each."""
