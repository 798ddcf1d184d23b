"""The fictional demonstration city and its five years of work records."""

from data_access.demo.build import DEMO_TABLES, build_demonstration, load_demonstration
from data_access.demo.settings import DemoSettings, load_demo_settings

__all__ = ["DEMO_TABLES", "DemoSettings", "build_demonstration", "load_demo_settings", "load_demonstration"]
