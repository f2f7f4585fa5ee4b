"""Recording and replaying of calls: any binding's typed requests and results in a readable file, and back out of it."""
