"""OpenID Connect as a relying party needs it: decisions alone, no network, no clock, no chance.

https://openid.net/specs/openid-connect-core-1_0.html, authorization code flow with PKCE.
"""
