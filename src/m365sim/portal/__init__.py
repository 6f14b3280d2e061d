"""Pages for people on the login host: app registrations and admin consent, as in Entra.

Plain HTML, no scripts: a person, or a browser that plays one, gets from nothing to a registered
application here. Who may do that is not asked.
"""
