"""A Ray cluster on this machine's loopback addresses; each node has a folder of its own.

The head runs no rows: a cluster does not survive its head.
"""

import os
from pathlib import Path

from ray.cluster_utils import Cluster

OBJECT_STORE_BYTES = 80_000_000
SETTINGS = {
    # a lost node is noticed within two seconds
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 4,
    "health_check_initial_delay_ms": 0,
    "worker_niceness": 0,  # by default rows give way to all else on the machine
}


class RayCluster:
    """count: nodes with one CPU each; their numbers begin with 1."""

    def __init__(self, folder: Path, count: int) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        self.folder = folder
        head = self._node(0) | {"num_cpus": 0, "include_dashboard": False, "_system_config": SETTINGS}
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        self.nodes = {
            number: self._cluster.add_node(wait=False, **self._node(number)) for number in range(1, count + 1)
        }
        self._cluster.wait_for_nodes()
        self.address = self._cluster.address

    def _node(self, number: int) -> dict:
        return {
            "num_cpus": 1,
            "object_store_memory": OBJECT_STORE_BYTES,
            "node_ip_address": f"127.0.0.{number + 2}",  # Ray replaces 127.0.0.1 by an address that others reach
            "env_vars": {"BRAINSEG_NODE_FOLDER": str(self.folder / f"node{number}")},
        }

    def logs(self) -> dict[int, str]:
        """Node -> the logs of the rows that it runs."""
        paths = {number: self.folder.glob(f"node{number}/rows/*/log") for number in self.nodes}
        return {number: "".join(path.read_text() for path in found) for number, found in paths.items()}

    def kill(self, number: int) -> None:
        """As a power failure: the node says nothing."""
        self._cluster.remove_node(self.nodes[number], allow_graceful=False)

    def shutdown(self) -> None:
        self._cluster.shutdown()
