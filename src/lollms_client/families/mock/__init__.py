"""Mock models for tests of applications: valid media, scripted answers, failures and delays on demand."""
