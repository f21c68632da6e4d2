"""How our processes speak to Temporal: clients, messages, encryption, deployment, replay."""
