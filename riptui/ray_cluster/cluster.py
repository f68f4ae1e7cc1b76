"""A Ray cluster: connect to it, start actors, call them. The only module that knows Ray; it knows no trajectories."""

import atexit
import logging
import os
import pkgutil
import re
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riptui.errors import WorkerError
from riptui.extras import importing
from riptui.ray_cluster.head_watch import HeadWatch
from riptui.ray_cluster.messages import ActorReply, DriverCommand
from riptui.text.units import format_count

WORKER_CLASS = "riptui.ray_cluster.actor:ActorWorker"
"""The class that an actor hosts, by name: the driver's process never imports the engine."""

RAY_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",
}
LENIENT = {"RAY_DEFAULT_PYTHON_VERSION_MATCH_LEVEL": "minor"}
"""Set unless the user has: another patch version of Python than the cluster's will do, say 3.11.4 and 3.11.9."""

TIMEOUT_SECONDS = 3.0  # seconds that actors have to clean up at the end, and that an address has to answer
MISMATCH = re.compile(
    r"cluster was started with:\s*Ray: (?P<ray>\S+)\s*Python: (?P<python>\S+)\s*"
    r"This process.*started with:\s*Ray: (?P<own_ray>\S+)\s*Python: (?P<own_python>\S+)",
    re.DOTALL,
)


@dataclass(frozen=True)
class ActorResources:
    """The resources that each actor needs of one node."""

    gpus: int
    cpus: int

    def __str__(self) -> str:
        cpus = format_count(self.cpus, "CPU")
        return f"{format_count(self.gpus, 'GPU')} and {cpus}" if self.gpus else cpus


class RayActor:
    """An actor that hosts a worker. Names its node in each reply. worker_class: as `WORKER_CLASS`."""

    def __init__(self, worker_class: str, *args: Any, **kwargs: Any) -> None:
        import ray

        self._node = ray.get_runtime_context().get_node_id()
        self._worker = pkgutil.resolve_name(worker_class)(*args, **kwargs)
        self._worker.keep_output()

    def exchange(self, command: DriverCommand) -> tuple[str, ActorReply]:
        return self._node, self._worker.exchange(command)

    def end(self) -> None:
        self._worker.close()


class Cluster:
    """A connection to the cluster at an address ("auto": the one of this host).

    Ray replaces this process's SIGTERM handler. Raises MissingExtraError without Ray, WorkerError without a cluster.
    """

    def __init__(self, address: str) -> None:
        os.environ.update(LENIENT | os.environ | RAY_ENVIRONMENT)
        with importing("--ray", "ray"):
            import ray
            from ray._private import worker
        self._ray: Any = ray
        try:
            _require_reachable(address)
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, configure_logging=True)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise WorkerError(explain_no_connection(address, str(error) or type(error).__name__)) from error
        # A thread of Ray prints messages of the cluster to stdout, in spite of log_to_driver=False.
        worker.print_to_stdstream = lambda *_, **__: None
        self.head = HeadWatch(ray.get_runtime_context().gcs_address)
        self._actor_class = ray.remote(max_restarts=-1, max_task_retries=-1)(RayActor)

    def close(self) -> None:
        """Disconnect. The actors end with the connection."""
        if self.head.answers():
            self._ray.shutdown()
        else:  # Ray would wait for it and then end this process, or crash when the interpreter does
            atexit.register(_leave_at_once)

    def nodes(self) -> dict[str, dict[str, float]]:
        """The resources of each running node, by its id."""
        return {node["NodeID"]: node["Resources"] for node in self._ray.nodes() if node["Alive"]}

    def describe_total(self, kind: str) -> str:
        """How many GPUs or CPUs the cluster has, e.g. "1 GPU"."""
        return format_count(int(sum(node.get(kind, 0) for node in self.nodes().values())), kind)

    def capacity(self, resources: ActorResources) -> int:
        """How many actors could be placed if nothing else used the cluster."""
        nodes = self.nodes().values()
        return sum(
            min(int(node.get(kind, 0) // n) for kind, n in (("GPU", resources.gpus), ("CPU", resources.cpus)) if n)
            for node in nodes
        )

    def start(self, resources: ActorResources, *args: Any, **kwargs: Any) -> Any:
        """Start an actor. It runs as soon as the cluster can place it."""
        placed = self._actor_class.options(num_gpus=resources.gpus, num_cpus=resources.cpus)
        return placed.remote(WORKER_CLASS, *args, **kwargs)

    def send(self, actor: Any, command: DriverCommand) -> Any:
        """Send a command. Returns the call, to `wait` for."""
        return actor.exchange.remote(command)

    def end(self, actors: Sequence[Any]) -> None:
        """Have actors clean up, for at most `TIMEOUT_SECONDS`."""
        if actors and self.head.answers():
            calls = [actor.end.remote() for actor in actors]
            self._ray.wait(calls, num_returns=len(calls), timeout=TIMEOUT_SECONDS)

    def kill(self, actor: Any) -> None:
        """Kill an actor; Ray does not start it again."""
        if self.head.answers():
            self._ray.kill(actor, no_restart=True)

    def restart(self, actor: Any) -> None:
        """Kill an actor; Ray starts it again."""
        if self.head.answers():
            self._ray.kill(actor, no_restart=False)

    def wait(self, calls: Sequence[Any], seconds: float) -> list[Any]:
        """The first calls with a reply, or none after this many seconds."""
        ready: list[Any] = self._ray.wait(list(calls), num_returns=1, timeout=seconds)[0]
        return ready

    def get_reply(self, call: Any) -> tuple[str, ActorReply]:
        """The actor's node and its reply. Raises WorkerError if the actor has failed for good."""
        try:
            reply: tuple[str, ActorReply] = self._ray.get(call)
        except self._ray.exceptions.RayTaskError as error:
            raise WorkerError(str(error.cause)) from error
        except self._ray.exceptions.RayError as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            reason = lines[-1] if lines else type(error).__name__
            hint = "; riptui must be installed on all nodes" if reason.startswith("ModuleNotFoundError") else ""
            raise WorkerError(f"{reason}{hint}") from error
        return reply


def _leave_at_once() -> None:
    """End this process, whose command has failed, without Ray's own farewell to a cluster that is gone."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)


def explain_no_connection(address: str, reason: str) -> str:
    """What keeps this process from a cluster, and what to do. reason: Ray's own, of several lines."""
    if found := MISMATCH.search(reason):
        advice = []
        if found["ray"] != found["own_ray"]:
            advice.append(f"install Ray {found['ray']} here (pip install 'ray=={found['ray']}')")
        if found["python"].split(".")[:2] != found["own_python"].split(".")[:2]:
            minor = ".".join(found["python"].split(".")[:2])
            advice.append(f"use riptui in an environment with Python {minor}")
        return (
            f"the Ray cluster at {address} has Ray {found['ray']} and Python {found['python']}, this process "
            f"Ray {found['own_ray']} and Python {found['own_python']}: "
            f"{' and '.join(advice) or 'install the same versions'}, or the versions of this process on the cluster"
        )
    whole = " ".join(reason.split())
    return (
        f"could not reach a Ray cluster at {address} ({whole}): start one with `ray start --head`, or give its address"
    )


def _require_reachable(address: str) -> None:
    """Raise OSError or ValueError if an address does not answer: Ray would try for two minutes."""
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS", address)
    if "://" in address:
        raise ValueError("the driver cannot run over Ray Client; run this command on a node of the cluster")
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=TIMEOUT_SECONDS).close()
