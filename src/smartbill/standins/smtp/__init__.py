"""A mail server for the loopback interface that takes everything and delivers nothing."""
