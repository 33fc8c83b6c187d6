"""All tasks of the product: importing this module registers them with the worker."""
