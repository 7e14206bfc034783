"""What a curve itself says: values that leave it, that are held, that are missing, levels that it had not before."""

from monitors.shape.records import seek_shapes

__all__ = ["seek_shapes"]
