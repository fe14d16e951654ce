"""Code that speaks to an AWS endpoint and does not know what a checkpoint or a run is."""
