"""The simulated Entra: discovery, keys, token endpoint. Contract a.

The pages of the sign-in flow will stand beside these.
"""
