"""How our processes speak to Temporal: client, data converter, encryption, deployment, replay."""
