"""One module (or package) per Pulumi package: `package(machine) -> local.provider.Package`."""
