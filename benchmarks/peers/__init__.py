"""The same rows fetched by other means, each as its own documentation would have it written."""
