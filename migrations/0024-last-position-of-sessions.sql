-- The last position of a session left out the end of an older leg, which may come after the present one began.

create or replace view qos.sessions as
select session_id,
    state,
    mobile_node,
    home_address,
    home_agent,
    foreign_agent,
    care_of_address,
    correspondent_node,
    protocol,
    destination_port,
    source_port,
    flow_label,
    spi,
    senders,
    requested,
    effective,
        CASE
            WHEN (temporary_field IS NOT NULL) THEN json_build_object('field', temporary_field, 'value', temporary_value)
            ELSE NULL::json
        END AS temporary,
    style,
    service,
    tspec,
    refresh_period_ms,
    established_at,
    closed_at,
    cause,
    replaces,
    changed_at,
    stream,
    revision,
    established_position AS first_position,
    (select max(l."position") from projection.session_legs l where l.session_id = s.session_id) as last_position
   FROM projection.sessions s;
comment on column qos.sessions.last_position is 'Ledger position of the last change of any of its legs.';
