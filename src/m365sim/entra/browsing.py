"""The cookie by which a browser is known at the login host."""

from http.cookies import CookieError, SimpleCookie

from m365sim.entra.call import LoginCall

COOKIE = "sim-sso"


def cookie_of(call: LoginCall) -> str:
    """Return the cookie of the browser, "" where it has none."""
    try:
        jar = SimpleCookie(call.headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def written_cookie(value: str) -> str:
    """Write the cookie; other sites' pages may bring it along, as with Entra."""
    return f"{COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=None"
