pytest_plugins = ["ku7s_testing"]
