"""The reference: every component by the book's equations, loaded exactly like a submission."""
