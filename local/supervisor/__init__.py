"""The process that keeps the local stack running: system processes, pods, and the ingress's configuration."""
