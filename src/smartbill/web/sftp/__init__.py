"""The SFTP server: each company's account sees its own folder; a complete ZIP put there starts a job."""
