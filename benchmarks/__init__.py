"""What the project costs, as figures and ratios of one run."""
