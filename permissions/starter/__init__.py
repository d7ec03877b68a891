"""The starter pack: the roles every CX team begins with, and the way to the very first administrator."""
