"""What keeps everything that Temporal stores unreadable for whoever lacks the keys."""
