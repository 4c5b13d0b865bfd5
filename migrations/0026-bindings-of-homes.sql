-- A binding is of a home address and its home agent: a node may have several at one care-of address.

drop index projection.registrations_active;
create unique index registrations_active on projection.registrations (mobile_node, care_of_address, home_agent, home_address) where state = 'active';
