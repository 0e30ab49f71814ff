"""What goes over Kafka: `topics` (the table of topics) and `codec` (bytes to record)."""
