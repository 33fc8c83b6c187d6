"""Programs of others that ours are compared with, in an environment of their own (the extra `peers`)."""
