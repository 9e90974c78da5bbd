"""The course on this computer: `course lab`, the student's working copy, `course doctor`, `course install`."""
