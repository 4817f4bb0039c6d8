"""Kubernetes on one machine: pods are processes, and Gateway API objects become the configuration of a real Envoy."""
