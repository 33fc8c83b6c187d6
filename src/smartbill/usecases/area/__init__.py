"""The companies' reserved areas: who may enter, what lies there unfinished, the page that uploads piece by piece."""
