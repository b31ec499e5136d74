"""The fake over HTTP, in Cognito's own protocol."""
