"""The pages of the web server."""

from django.urls import path

from rollcall.health import views

urlpatterns = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", views.metrics),
]

handler400 = views.bad_request
handler404 = views.not_found
handler500 = views.server_error
