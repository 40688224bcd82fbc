# SOURCE: the sync twin of this file is generated from it; run `make generate` after a change.
