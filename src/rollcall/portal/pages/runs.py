"""Addresses: the runs of the integration, below “runs/”, and a person explained."""

from django.urls import path

from rollcall.portal.views.integration import explain, preview, report, runs

urlpatterns = [
    path("runs", runs.show, name="integration-runs"),
    path("runs/preview", preview.preview, name="integration-preview"),
    path("runs/sync", preview.sync, name="integration-sync"),
    path("runs/<int:run_id>", report.show, name="integration-run"),
    path("runs/<int:run_id>/cancel", preview.cancel, name="integration-run-cancel"),
    path("runs/<int:run_id>/apply", preview.apply, name="integration-run-apply"),
    path("runs/<int:run_id>/discard", preview.discard, name="integration-run-discard"),
    path("runs/<int:run_id>/csv", report.as_csv, name="integration-run-csv"),
    path("explain", explain.show, name="integration-explain"),
]
