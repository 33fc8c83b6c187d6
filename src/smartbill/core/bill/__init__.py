"""The canonical bill: one value, made once by a flow reader and read back by everything that shows a bill."""
