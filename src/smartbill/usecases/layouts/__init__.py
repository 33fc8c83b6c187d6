"""The flow layouts of a company: written as drafts, tried on a file, published, restored."""
