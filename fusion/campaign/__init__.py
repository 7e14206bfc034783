"""Many missions on one grid."""
