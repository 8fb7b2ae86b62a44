"""The prediction service: what is deployed, over HTTP, with the operator page."""
