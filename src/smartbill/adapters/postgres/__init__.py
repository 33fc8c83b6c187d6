"""PostgreSQL: the embedded server that runs when no `DATABASE_URL` is set, and the roles every database of ours needs.

`embedded.py` starts and stops the server, `roles.py` prepares a database on any server.
"""
