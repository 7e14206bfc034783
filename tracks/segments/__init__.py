"""Road segments: what campaigns publish."""
