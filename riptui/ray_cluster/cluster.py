"""A Ray cluster: connect to it, place actors, ask them. The only module that knows Ray, and it knows no trajectory."""

import logging
import os
import pkgutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riptui.errors import MissingExtraError, WorkerError
from riptui.ray_cluster.messages import ActorReply, DriverCommand

WORKER_CLASS = "riptui.ray_cluster.actor:ActorWorker"
"""What an actor hosts, by name: the leader's process never imports what computes."""

RAY_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",
}

TIMEOUT_SECONDS = 3.0  # seconds; for actors to clear up in the end


@dataclass(frozen=True)
class ActorResources:
    """What each actor needs of a node."""

    gpus: int
    cpus: int

    def __str__(self) -> str:
        return f"{_count(self.gpus, 'GPU')} and {_count(self.cpus, 'CPU')}" if self.gpus else _count(self.cpus, "CPU")


class RayActor:
    """An actor; worker_class: what it hosts, by name. Says with each answer on which node it lives."""

    def __init__(self, worker_class: str, *args: Any, **kwargs: Any) -> None:
        import ray

        self._node = ray.get_runtime_context().get_node_id()
        self._worker = pkgutil.resolve_name(worker_class)(*args, **kwargs)

    def exchange(self, command: DriverCommand) -> tuple[str, ActorReply]:
        return self._node, self._worker.exchange(command)

    def end(self) -> None:
        self._worker.close()


class Cluster:
    """Raises MissingExtraError without Ray, WorkerError if there is no cluster at the address ("auto": on this host).

    Ray replaces the handler of SIGTERM here.
    """

    def __init__(self, address: str) -> None:
        os.environ.update(RAY_ENVIRONMENT)
        try:
            import ray
            from ray._private import worker
        except ModuleNotFoundError as error:
            raise MissingExtraError("--ray", "ray", "ray") from error
        self._ray: Any = ray
        try:
            _require_reachable(address)
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, configure_logging=True)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            advice = "start one with `ray start --head`, or give its address"
            raise WorkerError(f"no Ray cluster can be reached at {address} ({reason}): {advice}") from error
        # Messages of the cluster are printed by a thread of Ray, to stdout, whatever it was told above.
        worker.print_to_stdstream = lambda *_, **__: None
        self._actor_class = ray.remote(max_restarts=-1, max_task_retries=-1)(RayActor)

    def close(self) -> None:
        """Its actors end with it."""
        self._ray.shutdown()

    def nodes(self) -> dict[str, dict[str, float]]:
        """What each living node has, by its id."""
        return {node["NodeID"]: node["Resources"] for node in self._ray.nodes() if node["Alive"]}

    def describe_total(self, kind: str) -> str:
        """What the cluster has, e.g. "1 GPU"."""
        return _count(int(sum(node.get(kind, 0) for node in self.nodes().values())), kind)

    def capacity(self, resources: ActorResources) -> int:
        """How many actors could be placed if nobody else used the cluster."""
        nodes = self.nodes().values()
        return sum(
            min(int(node.get(kind, 0) // n) for kind, n in (("GPU", resources.gpus), ("CPU", resources.cpus)) if n)
            for node in nodes
        )

    def start(self, resources: ActorResources, *args: Any, **kwargs: Any) -> Any:
        """An actor, as soon as there is a place for it."""
        return self._actor_class.options(num_gpus=resources.gpus, num_cpus=resources.cpus).remote(
            WORKER_CLASS, *args, **kwargs
        )

    def send(self, actor: Any, command: DriverCommand) -> Any:
        """A turn, to wait for."""
        return actor.exchange.remote(command)

    def end(self, actors: Sequence[Any]) -> None:
        """Let actors clear up, if they can do so soon."""
        if actors:
            calls = [actor.end.remote() for actor in actors]
            self._ray.wait(calls, num_returns=len(calls), timeout=TIMEOUT_SECONDS)

    def kill(self, actor: Any) -> None:
        """For good."""
        self._ray.kill(actor, no_restart=True)

    def wait(self, calls: Sequence[Any], seconds: float) -> list[Any]:
        """Those of the turns that are answered, after so long at most."""
        ready: list[Any] = self._ray.wait(list(calls), num_returns=1, timeout=seconds)[0]
        return ready

    def get_reply(self, call: Any) -> tuple[str, ActorReply]:
        """The node and the news. Raises WorkerError if the actor is of no use any more."""
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


def _require_reachable(address: str) -> None:
    """Raise OSError or ValueError if nobody answers at an address: Ray would try for two minutes."""
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS", address)
    if "://" in address:
        raise ValueError("Ray's client cannot lead a study; run it on a node of the cluster")
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=TIMEOUT_SECONDS).close()


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
