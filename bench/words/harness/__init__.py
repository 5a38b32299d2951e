"""What bench/words/run is made of. Standard library only, so that it runs without a virtual environment."""
