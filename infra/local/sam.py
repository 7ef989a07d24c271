"""The SAM template as plain CloudFormation that the emulator can serve.

`aws-sam-translator`, the library behind the real transform, does the transform. What follows it are the differences
between CloudFormation and the emulator, and the few values that only the local stack has.
"""

import copy
import logging
import os
import pathlib

LAMBDA = "AWS::Lambda::Function"
SECRET = "AWS::SecretsManager::Secret"
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

# The emulator has no rotation engine and no saved queries, and speaks no TLS: a policy that refuses plaintext would
# refuse everything.
# Alarms over metric math it does not know either.
LIFTED_OUT = (
    "AWS::SecretsManager::RotationSchedule",
    "AWS::SQS::QueuePolicy",
    "AWS::S3::BucketPolicy",
    "AWS::Logs::QueryDefinition",
    "AWS::Logs::MetricFilter",
)


def load(path: pathlib.Path) -> dict:
    """The template as written, its short-form functions in their long form."""
    from samtranslator.yaml_helper import yaml_parse

    return yaml_parse(path.read_text())


def functions(template: dict) -> dict[str, str]:
    """Logical id → package name of every function, the package being the folder of its bundle."""
    return {
        name: pathlib.PurePath(resource["Properties"]["CodeUri"]).parent.name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def transform(template: dict, region: str, parameters: dict[str, str], code: dict[str, str] | None = None) -> dict:
    """SAM → CloudFormation. `code` gives the S3 URI of each function's bundle by logical id."""
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    os.environ.setdefault("AWS_DEFAULT_REGION", region)
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    template = copy.deepcopy(template)
    for name, package in functions(template).items():
        template["Resources"][name]["Properties"]["CodeUri"] = (code or {}).get(name, f"s3://bundles/{package}.zip")
    values = {name: given["Default"] for name, given in template.get("Parameters", {}).items() if "Default" in given}
    values.update(parameters)
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=region))
    return translator.translate(sam_template=template, parameter_values=values)


def for_emulator(template: dict) -> dict:
    """Rewrites what the emulator would ignore, refuse or read differently."""
    template = copy.deepcopy(template)
    resources = template["Resources"]
    for name in [name for name, resource in resources.items() if lifted_out(resource)]:
        del resources[name]
    secrets = {name for name, resource in resources.items() if resource["Type"] == SECRET}
    for name in secrets:
        generated = resources[name]["Properties"].get("GenerateSecretString", {})
        if generated.pop("ExcludePunctuation", False):  # ignored there
            generated["ExcludeCharacters"] = PUNCTUATION
    template = arns_for_secrets(template, secrets)
    for name, resource in list(template["Resources"].items()):
        if resource["Type"] == "AWS::ApiGatewayV2::Api" and "Body" in resource["Properties"]:
            template["Resources"].update(routes(name, resource["Properties"]))
    return template


def lifted_out(resource: dict) -> bool:
    metric_math = resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
    return metric_math or resource["Type"] in LIFTED_OUT


def arns_for_secrets(node, secrets: set[str]):
    """`Ref` of a secret is its ARN on AWS, its name in the emulator; `Fn::GetAtt Id` is the ARN in both."""
    if isinstance(node, dict):
        if list(node) == ["Ref"] and node["Ref"] in secrets:
            return {"Fn::GetAtt": [node["Ref"], "Id"]}
        return {key: arns_for_secrets(value, secrets) for key, value in node.items()}
    if isinstance(node, list):
        return [arns_for_secrets(value, secrets) for value in node]
    return node


def routes(api: str, properties: dict) -> dict:
    """Routes and integrations of an API that is given as an OpenAPI body, which the emulator ignores."""
    body = properties.pop("Body")
    properties.pop("FailOnWarnings", None)
    properties["Name"] = body.get("info", {}).get("title", api)
    properties["ProtocolType"] = "HTTP"
    made, integrations = {}, {}
    for path, methods in body.get("paths", {}).items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            target = repr(integration["uri"])
            if target not in integrations:
                integrations[target] = f"{api}Integration{len(integrations) + 1}"
                made[integrations[target]] = {
                    "Type": "AWS::ApiGatewayV2::Integration",
                    "Properties": {
                        "ApiId": {"Ref": api},
                        "IntegrationType": "AWS_PROXY",
                        "IntegrationMethod": "POST",
                        "IntegrationUri": integration["uri"],
                        "PayloadFormatVersion": integration["payloadFormatVersion"],
                    },
                }
            route = {
                "ApiId": {"Ref": api},
                "RouteKey": f"{method.upper()} {path}",
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": integrations[target]}]]},
            }
            made[f"{api}Route{len(made)}"] = {"Type": "AWS::ApiGatewayV2::Route", "Properties": route}
    return made


def with_environment(template: dict, overrides: dict[str, object]) -> dict:
    """Sets variables of every function. A value of None removes the variable; one with a leading `?` in its name
    is set only where the template already has the variable, one as `NAME@OTHER` only beside that other."""
    template = copy.deepcopy(template)
    for resource in template["Resources"].values():
        if resource["Type"] != LAMBDA:
            continue
        variables = resource["Properties"].setdefault("Environment", {}).setdefault("Variables", {})
        for name, value in overrides.items():
            wanted, _, beside = name.lstrip("?").partition("@")
            condition = wanted if name.startswith("?") else beside
            if value is None:
                variables.pop(wanted, None)
            elif not condition or condition in variables:
                variables[wanted] = value
    return template
