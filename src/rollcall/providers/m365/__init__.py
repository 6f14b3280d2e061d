"""Microsoft 365: Entra and Graph, as docs/reference/graph.md describes them."""
