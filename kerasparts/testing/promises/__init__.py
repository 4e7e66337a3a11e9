"""What the parts of each kind promise: functions whose names are sentences, each of which takes a `Subject`."""
