"""A page that shows what a phone would show: the messages that the stand-ins were handed."""
