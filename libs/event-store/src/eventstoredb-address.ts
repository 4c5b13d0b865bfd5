/** A connection string of EventStoreDB that cannot be used: one sentence that says why, without the string, which may hold a password. */
export class EventStoreDbAddressError extends Error {
  override readonly name = 'EventStoreDbAddressError';
}

export interface EventStoreDbAddress {
  /** For the client: its own scheme, without options of ours. */
  readonly connectionString: string;
  /** Sent with every call: they choose the client's classic append. A node without TLS ignores them. */
  readonly credentials: { readonly username: string; readonly password: string };
  /** In front of every stream's name in the node; empty unless several ledgers share it. */
  readonly streamPrefix: string;
  /** The connection string with the password hidden. */
  readonly printable: string;
}

const clientOptions = [
  'tls', 'tlsCAFile', 'userCertFile', 'userKeyFile', 'nodePreference', 'maxDiscoverAttempts', 'discoveryInterval', 'gossipTimeout',
  'keepAliveInterval', 'keepAliveTimeout', 'connectionName',
] as const;
const shape = /^(?<scheme>esdb|kurrentdb)(?<discover>\+discover)?:\/\/(?:(?<user>[^:@/?]+):(?<password>[^@/?]+)@)?(?<hosts>[^@/?]+)\/?(?:\?(?<options>.*))?$/;
const flat = (name: string): string => name.toLowerCase().replace(/[_-]/g, '');

/**
 * `esdb://user:password@host:2113,host:2113?tls=true&…`, `esdb+discover://name…`; `kurrentdb` is the same. Beside the client's options:
 * `streamPrefix`, for several ledgers on one node.
 * @throws EventStoreDbAddressError
 */
export function parseEventStoreDbAddress(address: string): EventStoreDbAddress {
  const { discover = '', user, password, hosts, options = '' } = shape.exec(address.trim())?.groups ?? {};
  if (hosts === undefined) throw new EventStoreDbAddressError('it must have the form esdb://user:password@host:port?option=value');
  const kept: string[] = [];
  let [streamPrefix, tls] = ['', true];
  for (const pair of options.split('&').filter((option) => option !== '')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    if (flat(name) === 'streamprefix') {
      streamPrefix = decoded(value);
      continue;
    }
    const known = clientOptions.find((option) => flat(option) === flat(name));
    // The client prints the whole string, password included, when it does not know an option.
    if (known === undefined) throw new EventStoreDbAddressError(`its option ${name} is not known; there are ${clientOptions.join(', ')} and streamPrefix`);
    if (value === '') throw new EventStoreDbAddressError(`its option ${known} has no value`);
    if (known === 'tls') tls = value !== 'false';
    kept.push(`${known}=${value}`);
  }
  if (tls && user === undefined) throw new EventStoreDbAddressError('it names no user, and is not marked tls=false');
  if (streamPrefix.startsWith('$')) throw new EventStoreDbAddressError('its streamPrefix begins with $, which is for the node itself');
  // A frozen node that is asked who leads must not use up the time of the call: one second, the client's own is five.
  if ((discover || hosts.includes(',')) && !kept.some((option) => option.startsWith('gossipTimeout='))) kept.push('gossipTimeout=1');
  const login = user === undefined ? '' : `${user}:${password}@`;
  const rest = `${hosts}${kept.length > 0 ? `?${kept.join('&')}` : ''}`;
  return {
    connectionString: `esdb${discover}://${login}${rest}`,
    credentials: { username: decoded(user ?? 'ledger'), password: decoded(password ?? 'ledger') },
    streamPrefix,
    printable: `esdb${discover}://${user === undefined ? '' : `${user}:***@`}${rest}`,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new EventStoreDbAddressError('it holds a % that is not followed by two hexadecimal digits');
  }
}
