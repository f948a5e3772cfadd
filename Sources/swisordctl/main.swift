print("swisordctl")
