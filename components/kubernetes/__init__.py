"""Building blocks inside the cluster: pods, routes, autoscaling, network policies, Envoy Gateway."""
