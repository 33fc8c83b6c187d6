"""From a published job to handed-over messages: test batch, go-ahead, start, preparing, lanes, control."""
