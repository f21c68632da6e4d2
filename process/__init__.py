"""What every process of ours needs: settings, addresses, HTTP, being told to stop, the way out."""
