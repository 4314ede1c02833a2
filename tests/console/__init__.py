"""The console in a browser. A package, so that its stack goes when its last test has run."""
