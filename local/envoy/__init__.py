"""A real Envoy, configured by files: the gateway's front and the cluster's ingress.

Files are replaced by rename, numbered, and waited for until Envoy has taken them
(https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/overview/xds_api).
"""
