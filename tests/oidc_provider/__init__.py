"""A certified OpenID provider that is not ours, configured like a tenant of Entra (server.mjs).

It checks what the simulator cannot: that the product signs in where nobody of us wrote the other
side. The packages come by `npm ci` from package-lock.json (the Makefile does it when needed).
"""
