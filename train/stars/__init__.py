"""Star frames: how many iterations restore them best."""
