"""The system, from the callers to the rows: API Gateway, Lambda, mutual TLS, ingress, services, databases.
Each stack is this program with its own settings, `Pulumi.<stack>.yaml`."""

import pulumi

from components import settings
from components.api import Api, ApiArgs
from components.certificates import Certificates, CertificatesArgs
from components.cluster import Cluster, ClusterArgs
from components.cluster_alerts import ClusterAlerts, ClusterAlertsArgs
from components.cluster_telemetry import ClusterTelemetry, ClusterTelemetryArgs
from components.commerce import Commerce, CommerceArgs
from components.contract import Contract
from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.identity import Identity, IdentityArgs
from components.ingress import Ingress, IngressArgs
from components.microservice import Microservice, MicroserviceArgs
from components.namespace import BEHIND_THE_INGRESS, Namespace, NamespaceArgs
from components.network import Network, NetworkArgs
from components.operations import Operations, OperationsArgs
from components.orchestrator import Orchestrator, OrchestratorArgs
from components.registry import Registry, RegistryArgs
from components.resource_group import ResourceGroup, ResourceGroupArgs
from components.workspaces import Workspaces, WorkspacesArgs

config = settings.load()
contract = Contract.read("app/contract/openapi.yaml", services=config.services)
project, stack, protect = pulumi.get_project(), pulumi.get_stack(), config.protected

# Azure: a network, a registry, a cluster, and where their logs and metrics go
group = ResourceGroup(f"{project}-{stack}", ResourceGroupArgs(settings=config.azure, tags=config.tags))
network = Network("network", NetworkArgs(group=group, settings=config.network, ingress=config.ingress))
workspaces = Workspaces("monitoring", WorkspacesArgs(group=group, settings=config.monitoring))
registry = Registry("registry", RegistryArgs(group=group, workspaces=workspaces, settings=config.registry))
cluster = Cluster(
    "cluster",
    ClusterArgs(network=network, registry=registry, workspaces=workspaces, settings=config.cluster, protect=protect),
)
apps = Namespace("apps", NamespaceArgs(cluster=cluster, labels=BEHIND_THE_INGRESS))

# Between the clouds: certificates, an ingress that asks for them, and what watches it and the services
certificates = Certificates(
    "certificates",
    CertificatesArgs(
        settings=config.certificates,
        ingress=config.ingress_host,
        services={name: apps.host(name) for name in config.services},
        callers={name: f"spiffe://{project}/{stack}/{name}" for name in ("orchestrator", "fulfilment")},
        protect=protect,
    ),
)
ingress = Ingress("edge", IngressArgs(cluster=cluster, certificates=certificates, settings=config.ingress))
ClusterTelemetry("cluster", ClusterTelemetryArgs(ingress=ingress, namespace=apps))
ClusterAlerts("cluster", ClusterAlertsArgs(cluster=cluster, namespace=apps))

# In the cluster: the services, each with an identity, an image and a database of its own
images = {}
for name, service in config.services.items():
    images[name] = Microservice(
        name,
        MicroserviceArgs(
            ingress=ingress,
            namespace=apps,
            paths=contract.prefixes(name),
            settings=service,
            database=config.database,
            telemetry=config.telemetry,
            protect=protect,
        ),
    ).image

# AWS: the functions that call the services, the gateway in front of them, and what watches them
tokens = Identity("tokens", IdentityArgs(settings=config.identity, scopes=contract.scopes, protect=protect))
key = EncryptionKey("data", EncryptionKeyArgs(protect=protect)) if config.encryption.customer_key else None
orchestrator = Orchestrator(
    "orchestrator",
    OrchestratorArgs(ingress=ingress, identity=tokens, key=key, settings=config.functions.orchestrator),
)
commerce = Commerce(
    "commerce",
    CommerceArgs(
        ingress=ingress, identity=tokens, key=key, functions=config.functions, events=config.events, protect=protect
    ),
)
functions = {"orchestrator": orchestrator.function, **commerce.functions}
api = Api("gateway", ApiArgs(contract=contract, functions=functions, identity=tokens, settings=config.api))
Operations(
    "operations",
    OperationsArgs(api=api, orchestrator=orchestrator, commerce=commerce, settings=config.monitoring, protect=protect),
)

pulumi.export("endpoint", api.endpoint)
pulumi.export("issuer", tokens.issuer)
pulumi.export("audience", tokens.audience)
pulumi.export("token_url", tokens.token_url)
pulumi.export("ingress_url", ingress.url)
pulumi.export("cluster", {"name": cluster.cluster_name, "resource_group": group.group_name})
pulumi.export("orchestrator", orchestrator.function.summary)
pulumi.export("images", images)
