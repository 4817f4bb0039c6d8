"""A disposable Kubernetes as the place of the stack `local`: what `make up KUBECONFIG=path` does otherwise.

The AWS half stays on this machine. Kubernetes objects go to the cluster, images are built and put on its nodes, each
PostgreSQL server of Azure is a PostgreSQL in the cluster. Everything that is the cluster's own (scheduling, probes,
autoscaling, PodSecurity, NetworkPolicies, the ingress) is the cluster's.
"""
