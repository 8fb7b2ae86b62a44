"""Connections to what a plant has: MQTT brokers and OPC UA servers, for all that read from them or write to them."""
