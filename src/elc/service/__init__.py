"""The prediction service: the deployed versions, over HTTP, with the operator page."""
