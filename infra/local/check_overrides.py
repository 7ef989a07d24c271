"""Checks before a deployment that samconfig.toml asks for what `make` builds: functions for another processor never
start, and an `apple-pay` without the feature refuses every payment whose token it would have to have opened."""

import pathlib
import sys
import tomllib


def main(arguments: list[str]) -> int:
    if len(arguments) != 4:
        print("usage: check_overrides.py samconfig.toml STAGE ARCH on|off", file=sys.stderr)
        return 2
    config, stage, arch, opens = arguments
    stages = tomllib.loads(pathlib.Path(config).read_text(encoding="utf-8"))
    if stage not in stages:
        print(f"make: {config} has no stage {stage}", file=sys.stderr)
        return 1
    overrides = stages[stage]["deploy"]["parameters"].get("parameter_overrides", [])
    said = dict(override.split("=", 1) for override in overrides)
    built = {"Architecture": ("arm64", arch, f"make deploy ARCH={said.get('Architecture', 'arm64')}"),
             "TokenDecryption": ("off", opens, f"make deploy DECRYPT={int(said.get('TokenDecryption') == 'on')}")}
    wrong = 0
    for parameter, (default, value, say) in built.items():
        asked = said.get(parameter, default)
        if asked != value:
            print(f"make: {config} deploys {stage} with {parameter}={asked}, and {value} would be built: say {say}, "
                  f"or write {parameter}={value} into its parameter_overrides", file=sys.stderr)
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
