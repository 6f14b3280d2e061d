"""What goes wrong on purpose: rules that tests switch on. Contract m."""
