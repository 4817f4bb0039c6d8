"""Building blocks on AWS: functions, tables, queues, topics, alarms, and the rights between them."""
