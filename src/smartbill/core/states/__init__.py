"""The tables of states and moves. States are stored as these words."""
