"""The agents: the only place that knows the order of the stages.

`role` says what a worker is, `agents/` holds one module a role, `runner` drives a role from a
Kafka stream (at least once, offsets acknowledged in order, bad data to the dead letters), `app`
makes the faust application, `state` restores a role after a restart, `health` answers probes,
`supervisor` keeps all workers of a configuration running, `chain` drives the same roles in one
process without Kafka.
"""
