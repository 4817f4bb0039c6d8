"""SNS: topics, their policies, subscriptions of queues. The emulator enforces no topic policy and encrypts nothing."""

from __future__ import annotations

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import MissingError
from local.providers.aws.policies import without_transport
from local.providers.aws.resource import Description, Resource


class _Attributes(Resource):
    """Attributes are set one at a time."""

    set_call = "SetTopicAttributes"

    def find(self, view: Properties) -> Description | None:
        arn = view.get("id") or view.get("arn") or self.existing_arn(view)
        resource = super().find({"id": arn, "topicArn": arn}) if arn else None
        return resource and dict(resource["Attributes"])

    def existing_arn(self, view: Properties) -> str:
        """Returns the ARN of what was made before the state was saved, or an empty text."""
        return ""

    def settle(self, view: Properties) -> None:
        arn = view.get("id") or view["arn"]
        for name, value in self.attributes(view).items():
            attribute = {"attributeName": name, "attributeValue": value}
            self.call(self.set_call, {"id": arn, "topicArn": arn, **attribute})


class Topic(_Attributes):
    """aws:sns/topic:Topic"""

    def existing_arn(self, view: Properties) -> str:
        topics = self.call("ListTopics", {})["Topics"]
        return next((each["TopicArn"] for each in topics if each["TopicArn"].endswith(f":{view['name']}")), "")


class TopicPolicy(_Attributes):
    """aws:sns/topicPolicy:TopicPolicy"""

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        return super().view({**properties, "policy": without_transport(properties["policy"])}, name)

    def make(self, view: Properties) -> None:
        """Leaves it to `settle`."""


class TopicSubscription(_Attributes):
    """The subscription of a queue: nobody reads e-mail or answers webhooks on this machine."""

    set_call = "SetSubscriptionAttributes"

    def check(self, name: str, inputs: Properties) -> None:
        super().check(name, inputs)
        if inputs["protocol"] != "sqs":
            raise ProviderError(f"{self.label(name)}: protocol must be sqs on this machine, not {inputs['protocol']}.")

    def existing_arn(self, view: Properties) -> str:
        try:
            subscriptions = self.call("ListSubscriptionsByTopic", view)["Subscriptions"]
        except MissingError:
            return ""
        return next((each["SubscriptionArn"] for each in subscriptions if each["Endpoint"] == view["endpoint"]), "")
