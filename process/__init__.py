"""What every process of ours needs: settings, addresses, serving HTTP, signals and exit."""
