"""Asking the broker for consumer groups: who is in them, what they have and what waits."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.protocol.admin import DescribeGroupsRequest_v1, DescribeGroupsRequest_v2
from aiokafka.protocol.api import Request

from streamstress.stream.doctor.facts import GroupFacts
from streamstress.stream.kafka import Kafka
from streamstress.stream.lag import group_of, lags


class _DescribeGroups(Request[DescribeGroupsRequest_v1 | DescribeGroupsRequest_v2]):  # type: ignore[misc]
    """The request without its third version, whose answer aiokafka 0.14.0 takes for the second's.

    It then fails at the end of the first group ("Buffer underrun decoding string").
    """

    API_KEY = 15

    def __init__(self, groups: list[str]) -> None:
        self._groups = groups

    def build(
        self, request_struct_class: type[DescribeGroupsRequest_v1 | DescribeGroupsRequest_v2]
    ) -> DescribeGroupsRequest_v1 | DescribeGroupsRequest_v2:
        """Request of the version that the broker understands."""
        return request_struct_class(self._groups)


async def group_facts(
    admin: AIOKafkaAdminClient, kafka: Kafka, prefix: str, roles: Sequence[str]
) -> dict[str, GroupFacts]:
    """The group of each role; none on a cluster on which nobody was in a group yet."""
    groups = {role: group_of(prefix, role) for role in roles}
    try:
        waiting = await lags(kafka, groups)
        members = {role: await _members(admin, group) for role, group in groups.items()}
    except GroupCoordinatorNotAvailableError:
        return {}
    return {
        role: GroupFacts(len(found), _owned(found, prefix), waiting.get(role))
        for role, found in members.items()
    }


async def _members(admin: AIOKafkaAdminClient, group: str) -> list[dict[str, Any]]:
    node = await admin.find_coordinator(group)
    # describe_consumer_groups() asks for the third version.
    answer = await admin._send_request(_DescribeGroups([group]), node)
    (described,) = answer.to_object()["groups"]
    return list(described["members"])


def _owned(members: Sequence[Mapping[str, Any]], prefix: str) -> dict[str, int]:
    """How many partitions of each topic some member has."""
    owned: dict[str, int] = {}
    for member in members:
        if member["member_assignment"]:
            decoded = ConsumerProtocolMemberAssignment.decode(member["member_assignment"])
            for topic, partitions in decoded.assignment:
                name = topic.removeprefix(prefix)
                owned[name] = owned.get(name, 0) + len(partitions)
    return owned
