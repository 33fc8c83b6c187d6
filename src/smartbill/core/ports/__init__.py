"""What the product asks of the outside: declared here by the side that calls, kept in `adapters` by one folder each."""
