"""config/cluster.toml: how a publish uses the cluster."""

from __future__ import annotations

from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from data_access.access import read_config, validated

FILE = "config/cluster.toml"


class ClusterSettings(BaseModel):
    """How patient a publish is with the cluster, and how much of it it takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connect_seconds: float = Field(gt=0)
    worker_wait_seconds: float = Field(gt=0)
    driver_memory_mb: int = Field(ge=512)
    executor_memory_mb: int = Field(ge=512)
    rows_per_part: int = Field(ge=1000)
    kept_deliveries: int = Field(ge=1)
    spark: dict[str, str] = Field(default_factory=dict)


@lru_cache(maxsize=1)
def cluster_settings() -> ClusterSettings:
    """Return the settings of config/cluster.toml."""
    return validated(ClusterSettings, read_config("cluster.toml"), FILE, "cluster")
