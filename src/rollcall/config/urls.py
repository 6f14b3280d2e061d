"""The pages of the web server."""

from django.urls import include, path

from rollcall.health import views
from rollcall.portal.views.entry import sign_in

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("api/v1/", include("rollcall.api.urls")),
    path("phone/sign-in", sign_in.sign_in, name="phone-sign-in"),
    path("phone/", include("rollcall.webphone.urls")),
    path("", include("rollcall.portal.urls")),
]

handler400 = "rollcall.config.failures.bad_request"
handler404 = "rollcall.config.failures.not_found"
handler500 = "rollcall.config.failures.server_error"
