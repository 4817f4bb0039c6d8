"""The part of this package that mypy sees: the services that this program uses, each with its own types.

The package itself exports every service there is, and to read them all takes mypy four minutes. Code that uses one more
service needs one more line here.
"""

from . import alertsmanagement as alertsmanagement
from . import authorization as authorization
from . import containerregistry as containerregistry
from . import containerservice as containerservice
from . import dbforpostgresql as dbforpostgresql
from . import maintenance as maintenance
from . import managedidentity as managedidentity
from . import monitor as monitor
from . import network as network
from . import operationalinsights as operationalinsights
from . import privatedns as privatedns
from . import resources as resources
from .provider import Provider as Provider
from .provider import ProviderArgs as ProviderArgs
