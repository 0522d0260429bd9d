"""Three engines that draw the same random networks: Wishart chains, lazily revealed and stored matrices."""
