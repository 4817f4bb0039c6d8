"""A real Envoy as the cluster's ingress, the API gateway's front and the issuer's web server, configured by files.

Files are replaced by rename, numbered, and waited for until Envoy has taken them
(https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/overview/xds_api).
"""
