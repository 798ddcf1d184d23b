"""The command-centre wall: screens that run by themselves, prepared here and served as plain HTML by the server."""
