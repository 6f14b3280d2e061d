"""The simulated Entra: discovery, keys, token endpoint, signing in and out. Contracts a and b."""
