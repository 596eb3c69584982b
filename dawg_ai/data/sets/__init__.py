"""One file per dataset; `dawg_ai.data` says what it must define."""
