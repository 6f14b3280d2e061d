"""Addresses: coming in and going out."""

from django.urls import path

from rollcall.portal.views.entry import (
    departing,
    forgot,
    links,
    microsoft,
    second_factor,
    sign_in,
    sign_out,
)

urlpatterns = [
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-in/choose", sign_in.choose, name="sign-in-choose"),
    path("sign-in/second-factor", second_factor.ask, name="second-factor"),
    path("sign-in/second-factor/set-up", second_factor.set_up, name="second-factor-set-up"),
    path("sign-in/link/<str:link>", links.by_link, name="sign-in-by-link"),
    path("sign-in/microsoft", departing.begin, name="sign-in-microsoft"),
    path("ms365/callback", microsoft.callback, name="ms365-callback"),
    path("ms365/logout", sign_out.front_channel, name="ms365-logout"),
    path("sign-out", sign_out.sign_out, name="sign-out"),
    path("forgot", forgot.ask, name="forgot"),
    path("forgot/sent", forgot.sent, name="forgot-sent"),
    path("reset/<str:reset>", links.reset, name="reset"),
    path("invitation/<str:invitation>", links.accept, name="invitation"),
    path("set-up/<str:set_up>", links.set_up, name="set-up"),
]
