"""A company's reserved area: what may lie in it under which name, when a file is complete, who has tried too often."""
