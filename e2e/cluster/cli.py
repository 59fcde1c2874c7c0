# SPDX-License-Identifier: Apache-2.0
"""The command line: one subcommand, one function."""
import argparse
import os
import shutil
import signal

from . import builtin_images, health, image, leftovers, lifecycle, owner as ownership, tools
from .state import DEFAULT_VERSION, Clock, ClusterError, State, default_state_folder, fail


def _build(state, _):
    with state.lock():
        clock = Clock()
        lifecycle.build(state, clock)
        clock.say(f"everything is built, in {state.bin}")
    return 0


def _up(state, arguments):
    with state.lock():
        lifecycle.up(state, arguments.kwok_nodes)
    return 0


def _down(state, _):
    with state.lock():
        clock = Clock()
        lifecycle.down(state)
        clock.say("down")
    return 0


def _status(state, _):
    owner = state.require_owner()
    return health.inside(owner, lambda: health.print_status(state, owner))


def _leftovers(state, _):
    lines = leftovers.find(state)
    print("\n".join(lines) if lines else "nothing is left")
    return 1 if lines else 0


def inside_environment(state, environ):
    """For a command inside: its own kubectl first, and no proxy, which it could not reach."""
    environment = {k: v for k, v in environ.items() if not k.lower().endswith("_proxy")}
    environment["KUBECONFIG"] = str(state.kubeconfig)
    path = environ.get("PATH", "/usr/bin:/bin")
    environment["PATH"] = f"{state.command('kubectl').parent}:{path}"
    return environment


def _exec(state, arguments):
    owner = state.require_owner()
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        raise ClusterError("exec needs a command")
    words = ownership.enter_command(owner, network_only=True) + ["--"] + command
    os.execvpe(words[0], words, inside_environment(state, os.environ))


def _load_image(state, arguments):
    owner = state.require_owner()
    if not state.has_node():
        raise ClusterError("this cluster has no node that could run an image")
    for archive in arguments.archive:
        print(lifecycle.load_image(owner, archive).strip())
    return 0


def _pid(state, arguments):
    owner = state.require_owner()
    record = health.records_of(state).get(arguments.component)
    pid = health.host_pid(owner, record["pid"]) if record else None
    if pid is None:
        raise ClusterError(f"{arguments.component} does not run")
    print(pid)
    return 0


def _clean(state, _):
    """Only what is ours: the folder may have been given by the user. The programs are in the usual
    folder, so a folder of one's own does not take them away from other clusters."""
    with state.lock():
        lifecycle.down(state)
        for name in ("bin", "images", "modules", "logs", "logs.previous"):
            shutil.rmtree(state.folder / name, ignore_errors=True)
    for name in ("lock", "build.lock", state.host_before.name):
        (state.folder / name).unlink(missing_ok=True)
    if not any(state.folder.iterdir()):
        state.folder.rmdir()
    return 0


def _printer(attribute):
    def show(state, _):
        print(getattr(state, attribute))
        return 0

    return show


def _count(text):
    value = int(text)
    if not 0 <= value <= 1000:
        raise argparse.ArgumentTypeError("must be 0 to 1000")
    return value


def make_parser():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--state", default=None, help="folder of all state (default: a cache)")
    common.add_argument(
        "--version",
        default=os.environ.get("K8S_VERSION") or DEFAULT_VERSION,
        help="version of Kubernetes, also K8S_VERSION (default %(default)s)",
    )
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__.partition(":")[0])
    commands = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")

    def add(name, function, text):
        sub = commands.add_parser(name, parents=[common], help=text)
        sub.set_defaults(function=function)
        return sub

    add("build", _build, "build every program and image that is missing")
    up = add("up", _up, "start the cluster; says so when it is up")
    up.add_argument(
        "--kwok-nodes", type=_count, default=0, metavar="N", help="also N nodes that do not exist"
    )
    up.add_argument(
        "--control-plane",
        action="store_true",
        help="no real node and nothing on the host, so that any number can run beside each other",
    )
    add("down", _down, "stop it and undo what it did to the machine")
    add("status", _status, "health of every part; 1 when one is not well")
    add("leftovers", _leftovers, "list what is on the machine of a cluster; 1 when anything is")
    add("exec", _exec, "run a command in the cluster's network").add_argument(
        "command", nargs=argparse.REMAINDER, help="-- CMD ..."
    )
    add("load-image", _load_image, "give image archives to the node").add_argument(
        "archive", nargs="+"
    )
    image.add_arguments(add("mkimage", None, "write a folder as an image archive"))
    add("pid", _pid, "the host's pid of a component").add_argument("component")
    add("bin-dir", _printer("bin"), "print where the programs are")
    add("logs-dir", _printer("logs"), "print where the components log")
    add("audit-log", _printer("audit_log"), "print where the API server logs writes")
    add("kubeconfig", _printer("kubeconfig"), "print where the admin's kubeconfig is")
    add("clean", _clean, "down, and remove programs, images and logs")
    return parser


def main(argv):
    arguments = make_parser().parse_args(argv)
    # Ends like an interrupt: an `up` that is told to stop takes down what it had begun.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if arguments.subcommand == "mkimage":
        return image.run(arguments)
    try:
        tools.check_version(arguments.version)
        state = State(
            arguments.state or default_state_folder(),
            arguments.version,
            getattr(arguments, "control_plane", False),
        )
        if arguments.subcommand not in ("build", "up"):
            state.follow(state.recorded_owner() or {})
        return arguments.function(state, arguments)
    except (ClusterError, OSError) as error:
        return fail(error)
    except KeyboardInterrupt:
        return 130
