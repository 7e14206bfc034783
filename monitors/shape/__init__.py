"""What a curve itself says: values that leave it, are held or missing, levels, noise and waves not its own."""

from monitors.shape.records import seek_shapes

__all__ = ["seek_shapes"]
