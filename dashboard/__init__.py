"""The Dash app: reads the trial store, shows runs as they go, and starts new ones."""
