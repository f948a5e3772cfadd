print("swisord")
