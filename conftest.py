"""Settings of the package's own tests."""

from hypothesis import settings

pytest_plugins = ["pytester"]

# Wall-clock deadlines would make tests depend on the machine; examples are the same in every run.
settings.register_profile("mfcheck", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("mfcheck")
