"""The Appearance Expert: a dance and a reference picture to video."""
