"""Where files lie: a local folder. Made from the settings by `registry`."""
