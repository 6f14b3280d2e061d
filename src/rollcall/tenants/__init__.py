"""The customers of the PBX, and the walls between them."""
