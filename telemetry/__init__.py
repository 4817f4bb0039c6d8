"""The local collector: it takes the spans of functions, services and Envoys, keeps them, and finds a trace again."""
