"""The part of this package that mypy sees: the services that this program uses, each with its own types.

The package itself exports every service there is, and to read them all takes mypy four minutes. Code that uses one more
service needs one more line here.
"""

from . import apigatewayv2 as apigatewayv2
from . import cloudformation as cloudformation
from . import cloudwatch as cloudwatch
from . import cognito as cognito
from . import dynamodb as dynamodb
from . import iam as iam
from . import kms as kms
from . import lambda_ as lambda_
from . import route53 as route53
from . import secretsmanager as secretsmanager
from . import sns as sns
from . import sqs as sqs
from .provider import Provider as Provider
from .provider import ProviderArgs as ProviderArgs
