"""Reading a film: container, programme, shots, curves, sound facts and affect."""
