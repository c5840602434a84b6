"""How the weights were made. numpy, torch and safetensors only: it runs where nothing else is installed."""
