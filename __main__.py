"""The system, from the callers to the rows: API Gateway, Lambda, mutual TLS, ingress, services, databases.

Each stack is this program with its own settings, `Pulumi.<stack>.yaml`.
"""

import pulumi

from components import api_contract, settings
from components.api import Api, ApiArgs
from components.aws.shared import shared_by_functions
from components.certificates import Certificates, CertificatesArgs
from components.cluster import Cluster, ClusterArgs
from components.cluster_alerts import ClusterAlerts, ClusterAlertsArgs
from components.cluster_telemetry import ClusterTelemetry, ClusterTelemetryArgs
from components.commerce import Commerce, CommerceArgs
from components.identity import Identity, IdentityArgs
from components.ingress import Ingress, IngressArgs
from components.kubernetes.membership import Membership, MembershipArgs
from components.kubernetes.namespace import BEHIND_THE_INGRESS, Namespace, NamespaceArgs
from components.microservice import Microservice, MicroserviceArgs
from components.network import Network, NetworkArgs
from components.operations import Operations, OperationsArgs
from components.orchestrator import Orchestrator, OrchestratorArgs
from components.registry import Registry, RegistryArgs
from components.resource_group import ResourceGroup, ResourceGroupArgs
from components.workspaces import Workspaces, WorkspacesArgs

config = settings.load()
contract = api_contract.read("app/contract/openapi.yaml", services=config.services)
project, stack, protect = pulumi.get_project(), pulumi.get_stack(), config.protected

# Azure: a network, a registry, a cluster, and where their logs and metrics go
place = ResourceGroup(f"{project}-{stack}", ResourceGroupArgs(settings=config.azure, tags=config.tags)).placement
network = Network("network", NetworkArgs(placement=place, settings=config.network, ingress=config.ingress))
monitoring = Workspaces("monitoring", WorkspacesArgs(placement=place, settings=config.workspaces)).monitoring
registry = Registry("registry", RegistryArgs(placement=place, monitoring=monitoring, settings=config.registry))
cluster = Cluster(
    "cluster",
    ClusterArgs(network=network, registry=registry, monitoring=monitoring, settings=config.cluster, protect=protect),
)
apps = Namespace("apps", NamespaceArgs(access=cluster.access, labels=BEHIND_THE_INGRESS, mesh=cluster.mesh))
if cluster.mesh is not None:
    Membership("apps", MembershipArgs(access=cluster.access, namespace=apps))

# Between the clouds: certificates, an ingress that asks for them, and what watches it and the services
certs = Certificates(
    "certificates",
    CertificatesArgs(
        settings=config.certificates,
        ingress=config.ingress_host,
        services={name: apps.host(name) for name in config.services},
        callers={name: f"spiffe://{project}/{stack}/{name}" for name in ("orchestrator", "fulfilment")},
        protect=protect,
    ),
)
ingress = Ingress("edge", IngressArgs(cluster=cluster, network=network, certificates=certs, settings=config.ingress))
ClusterTelemetry(
    "cluster",
    ClusterTelemetryArgs(monitoring=monitoring, cluster=cluster, certificates=certs, namespace=apps.namespace),
)
ClusterAlerts("cluster", ClusterAlertsArgs(monitoring=monitoring, cluster=cluster, namespace=apps.namespace))

# In the cluster: the services, each with an identity, an image and a database of its own
images = {
    name: Microservice(
        name,
        MicroserviceArgs(
            monitoring=monitoring,
            databases=network.databases,
            images=registry.images,
            cluster=cluster,
            namespace=apps,
            gateway=ingress.gateway,
            certificates=certs,
            paths=contract.prefixes(name),
            settings=service,
            database=config.database,
            telemetry=config.telemetry,
            protect=protect,
        ),
    ).image
    for name, service in config.services.items()
}

# AWS: the functions that call the services, the gateway in front of them, and what watches them
tokens = Identity("tokens", IdentityArgs(settings=config.identity, scopes=contract.scopes, protect=protect))
shared = shared_by_functions(config.encryption, config.telemetry, protect=protect)
orchestrator = Orchestrator(
    "orchestrator",
    OrchestratorArgs(ingress=ingress, identity=tokens, shared=shared, settings=config.functions.orchestrator),
)
commerce = Commerce(
    "commerce",
    CommerceArgs(
        contract=contract, ingress=ingress, identity=tokens, shared=shared, settings=config.commerce, protect=protect
    ),
)
functions = {"orchestrator": orchestrator.function, **commerce.functions}
api = Api("gateway", ApiArgs(contract=contract, functions=functions, identity=tokens, settings=config.api))
Operations(
    "operations",
    OperationsArgs(api=api, orchestrator=orchestrator, commerce=commerce, settings=config.monitoring, protect=protect),
)

outputs = {"endpoint": api.endpoint, **tokens.outputs, "ingress_url": ingress.url, "images": images}
outputs |= {"orchestrator": orchestrator.function.summary, "events": commerce.events}
outputs["cluster"] = {"name": cluster.cluster_name, "resource_group": place.group_name}
for output, value in outputs.items():
    pulumi.export(output, value)
