"""The pages of the web server."""

from django.urls import include, path

from rollcall.health import views

urlpatterns = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", views.metrics),
    path("", include("rollcall.portal.urls")),
]

handler400 = "rollcall.portal.views.errors.bad_request"
handler404 = "rollcall.portal.views.errors.not_found"
handler500 = "rollcall.portal.views.errors.server_error"
