"""Microsoft's packages that come without types, and what they stand on, in one place."""

from importlib import import_module

requests = import_module("requests")
msal = import_module("msal")
msal_checks = import_module("msal.oauth2cli.oidc")
graph_core = import_module("msgraph_core")
batch_builder = import_module("msgraph_core.requests.batch_request_builder")
batch_content = import_module("msgraph_core.requests.batch_request_content")
batch_item = import_module("msgraph_core.requests.batch_request_item")
