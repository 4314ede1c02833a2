"""The product's story over HTTP. A package, so that its stack goes when its last test has run."""
