"""E-mail by SMTP to a smart host, over a connection that is kept open."""
