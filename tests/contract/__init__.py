"""Whether the description, the generated code and the documented wire agree."""
