"""The bill on paper: a bill value and a company's settings in, the plain values that a template lays out."""
