"""The three encodings of the field: chord, time step, piano roll. numpy only, so that training can travel."""
