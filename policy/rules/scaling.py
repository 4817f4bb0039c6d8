"""Rules of replicas, autoscalers and disruptions."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import Finding, Resource, Rule, Stack, items

_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
_BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
_PROXY, _RELEASE = "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy", "kubernetes:helm.sh/v3:Release"
_PODS = {
    _DEPLOYMENT: "spec.template.spec",
    _PROXY: "spec.provider.kubernetes.envoyDeployment.pod",
    _RELEASE: "values.deployment.pod",
}
"""The path of the pods' description in each type that makes pods."""
_SPREAD_OVER = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")


def autoscalers_own_the_replicas(stack: Stack) -> Iterator[Finding]:
    scaled = {
        (scaler.get("metadata.namespace"), scaler.get("spec.scaleTargetRef.name")) for scaler in stack.of(_SCALER)
    }
    for deployment in stack.of(_DEPLOYMENT):
        key = (deployment.get("metadata.namespace"), deployment.get("metadata.name"))
        if key in scaled and deployment.get("spec.replicas") is not None:
            yield Finding(
                property="spec.replicas",
                allowed="be absent beside an autoscaler",
                given=deployment.get("spec.replicas"),
                do="Leave it out and set the autoscaler's minReplicas.",
                resource=deployment,
            )


def nodes_can_be_drained(stack: Stack) -> Iterator[Finding]:
    budgets = {
        (budget.get("metadata.namespace"), frozenset(budget.get("spec.selector.matchLabels", {}).items())): budget
        for budget in stack.of(_BUDGET)
    }
    for deployment in stack.of(_DEPLOYMENT):
        selected = frozenset(deployment.get("spec.selector.matchLabels", {}).items())
        budget = budgets.get((deployment.get("metadata.namespace"), selected))
        if budget is None:
            yield Finding(
                property="spec.selector.matchLabels",
                allowed="be those of a PodDisruptionBudget",
                given=dict(selected),
                do="Declare one with maxUnavailable: 1.",
                resource=deployment,
            )
        elif budget.get("spec.maxUnavailable") in (0, "0%") or budget.get("spec.minAvailable") == "100%":
            yield Finding(
                property="spec.maxUnavailable",
                allowed="be 1 or more",
                given=budget.get("spec.maxUnavailable", budget.get("spec.minAvailable")),
                do="Allow one pod to leave, or no node can be upgraded.",
                resource=budget,
            )


def roll_outs_keep_capacity(stack: Stack) -> Iterator[Finding]:
    for deployment in stack.of(_DEPLOYMENT):
        unavailable = deployment.get("spec.strategy.rollingUpdate.maxUnavailable")
        if unavailable not in (0, "0%"):
            yield Finding(
                property="spec.strategy.rollingUpdate.maxUnavailable",
                allowed="be 0",
                given=unavailable,
                do="Set it, so that an old pod leaves only when a new one is ready.",
                resource=deployment,
            )


def services_have_two_pods(stack: Stack) -> Iterator[Finding]:
    for scaler in stack.of(_SCALER):
        least = scaler.get("spec.minReplicas", 1)
        if least < 2:
            yield Finding(
                property="spec.minReplicas",
                allowed="be 2 or more",
                given=least,
                do="Set services.NAME.minReplicas in the stack's file.",
                resource=scaler,
            )
        for metric in items(scaler.get("spec.metrics")):
            if metric.get("type") == "Resource":
                yield Finding(
                    property="spec.metrics",
                    allowed="measure the container (ContainerResource)",
                    given="Resource",
                    do="Name the container: sidecars would count too.",
                    resource=scaler,
                )


def pods_are_spread(resource: Resource) -> Iterator[Finding]:
    path = _PODS[resource.type]
    if resource.type == _RELEASE and not str(resource.get("chart", "")).endswith("/gateway-helm"):
        return
    constraints = items(resource.get(f"{path}.topologySpreadConstraints"))
    missing = [key for key in _SPREAD_OVER if key not in {each.get("topologyKey") for each in constraints}]
    if missing:
        yield Finding(
            property=f"{path}.topologySpreadConstraints",
            allowed=f"name {' and '.join(missing)}",
            given=constraints,
            do="Use components.kubernetes.spreading.spread.",
        )


_ROLL_OUT = "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment"

RULES = (
    Rule(
        name="autoscalers-own-the-replicas",
        why="Each deployment would set the replicas back, in the middle of the load that raised them",
        source="https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"
        "#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
        types=(_DEPLOYMENT, _SCALER),
        stack=autoscalers_own_the_replicas,
    ),
    Rule(
        name="nodes-can-be-drained",
        why="An upgrade drains nodes: without a budget it may end all pods at once, and with 0 it can end none",
        source="https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
        types=(_DEPLOYMENT, _BUDGET),
        stack=nodes_can_be_drained,
    ),
    Rule(
        name="roll-outs-keep-capacity",
        why="A roll-out should not take away part of the capacity",
        source=_ROLL_OUT,
        types=(_DEPLOYMENT,),
        stack=roll_outs_keep_capacity,
    ),
    Rule(
        name="services-have-two-pods",
        why="One pod is an outage whenever its node is drained",
        source="https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
        types=(_SCALER,),
        stack=services_have_two_pods,
        clouds_only=True,
    ),
    Rule(
        name="pods-are-spread",
        why="Where Azure makes the nodes, pods that do not ask for it may all be on one, in one zone",
        source="https://learn.microsoft.com/azure/aks/node-auto-provisioning-node-pools",
        types=tuple(_PODS),
        resource=pods_are_spread,
    ),
)
