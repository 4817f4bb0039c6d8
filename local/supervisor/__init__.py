"""The process that keeps the local stack running: system processes, pods, and Envoy's configuration."""
