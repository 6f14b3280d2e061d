"""What is told to whom by mail: kept until it was sent, told once."""
