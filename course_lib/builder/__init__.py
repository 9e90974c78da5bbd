"""`course build` and `course release`: from lessons/ to what students get."""
