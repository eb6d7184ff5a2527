"""The paper's stories beside the algorithm, without a screen: the coin and its study, text, the simulated web, pi."""
