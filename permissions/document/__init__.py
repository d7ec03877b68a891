"""The model as one readable document: written out, compared, and made so through the use cases of the screens."""
