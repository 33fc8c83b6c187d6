"""Taking a company on board: the company, its staff, its SFTP accounts, its settings; pages and command do the same."""
