"""The pages: sign-in, the provider's, a tenant's, one's own. Views translate and decide nothing."""
