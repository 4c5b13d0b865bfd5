-- 0013-append-alone.sql dropped ledger.append and made it again, and with it went what 0001-log.sql had taken from PUBLIC: it runs with the
-- rights of its owner, so whoever may use the schema could append. As before, only who is given execute may.
revoke all on function ledger.append(text[], bigint[], integer[], integer[], integer[], uuid[], text[], text[], text[]) from public;
