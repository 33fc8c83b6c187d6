"""From a complete file to a published job: received, opened, read in blocks, judged, published or refused."""
