"""What a machine runs besides requests and jobs: the embedded PostgreSQL to begin with."""
