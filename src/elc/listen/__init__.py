"""Live readings: what MQTT brokers and OPC UA servers send, appended as the Parquet that ingest reads."""
