"""Token stores on databases that you have already: copy one into your project. See docs/tokens.md."""
