"""What two rooms or more use: searches, checks, files, randomness, and the kinds of data. It knows no room."""
