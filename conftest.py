"""The plugin that tests of the pytest plugin need; nothing else, so that claims run where only mfcheck is installed."""

pytest_plugins = ["pytester"]
