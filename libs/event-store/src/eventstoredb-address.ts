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

type OptionKind = 'flag' | 'number' | 'number or -1' | 'preference' | 'text';
const clientOptions: Readonly<Record<string, OptionKind>> = {
  tls: 'flag', tlsVerifyCert: 'flag', tlsCAFile: 'text', userCertFile: 'text', userKeyFile: 'text', dnsDiscover: 'flag', nodePreference: 'preference',
  maxDiscoverAttempts: 'number', discoveryInterval: 'number', gossipTimeout: 'number', keepAliveInterval: 'number or -1', keepAliveTimeout: 'number or -1',
  connectionName: 'text', defaultDeadline: 'number', throwOnAppendFailure: 'flag',
};
/** What the ledger says itself with every call, what changes nothing, and what the scheme tells. */
const dropped: readonly string[] = ['tlsVerifyCert', 'defaultDeadline', 'throwOnAppendFailure', 'dnsDiscover'];
const preferences: readonly string[] = ['leader', 'follower', 'readonlyreplica', 'random'];
const shape = /^(?<scheme>esdb|kurrentdb)(?<discover>\+discover)?:\/\/(?:(?<user>[^:@/?]+):(?<password>[^@/?]+)@)?(?<hosts>[^@/?]+)\/?(?:\?(?<options>.*))?$/;
const flat = (name: string): string => name.toLowerCase().replace(/[_-]/g, '');

/**
 * `esdb://user:password@host:2113,host:2113?tls=true&…`, `esdb+discover://name…`; `kurrentdb` is the same. Beside the client's options:
 * `streamPrefix`, for several ledgers on one node.
 * @throws EventStoreDbAddressError
 */
export function parseEventStoreDbAddress(address: string): EventStoreDbAddress {
  const { discover: scheme = '', user, password, hosts, options = '' } = shape.exec(address.trim())?.groups ?? {};
  if (hosts === undefined) throw new EventStoreDbAddressError('it must have the form esdb://user:password@host:port?option=value');
  checkHosts(hosts);
  const kept: string[] = [];
  let [streamPrefix, tls, discover] = ['', true, scheme];
  for (const pair of options.split('&').filter((option) => option !== '')) {
    const [name = '', given = ''] = pair.split(/=(.*)/s);
    if (flat(name) === 'streamprefix') {
      streamPrefix = decoded(given);
      continue;
    }
    const known = Object.keys(clientOptions).find((option) => flat(option) === flat(name));
    // The client prints the whole string, password included, when it does not know an option.
    if (known === undefined) throw new EventStoreDbAddressError(`its option ${name} is not known; there are ${Object.keys(clientOptions).join(', ')} and streamPrefix`);
    const value = optionValue(known, given);
    if (known === 'tls') tls = value === 'true';
    if (known === 'dnsDiscover') discover = value === 'true' ? '+discover' : '';
    if (!dropped.includes(known)) kept.push(`${known}=${value}`);
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

function checkHosts(hosts: string): void {
  // Refused by the client's own reader, which takes a colon for the begin of a port.
  if (/[[\]]|:.*:/.test(hosts.replaceAll(',', '\n'))) throw new EventStoreDbAddressError('it names an IPv6 address, which the client does not read; give a host name');
  for (const host of hosts.split(',')) {
    const [, port = '2113'] = /^[\p{L}\p{N}._-]+(?::(\d{1,5}))?$/u.exec(host) ?? ['', '0'];
    if (Number(port) < 1 || Number(port) > 65_535) throw new EventStoreDbAddressError('its hosts must have the form host:port, with commas between them');
  }
}

/** As the client is told it. @throws EventStoreDbAddressError the client would not take it, or take it for something else */
function optionValue(option: string, given: string): string {
  if (given === '') throw new EventStoreDbAddressError(`its option ${option} has no value`);
  const refuse = (what: string): never => {
    throw new EventStoreDbAddressError(`its option ${option} must be ${what}`);
  };
  const value = given.toLowerCase();
  switch (clientOptions[option]) {
    case 'flag':
      if (value !== 'true' && value !== 'false') return refuse('true or false');
      if (option === 'tlsVerifyCert' && value === 'false') throw new EventStoreDbAddressError('its option tlsVerifyCert=false is not supported by the client; give tlsCAFile');
      return value;
    case 'number':
      return /^\d{1,9}$/.test(value) ? value : refuse('a whole number');
    case 'number or -1':
      return /^(\d{1,9}|-1)$/.test(value) ? value : refuse('a whole number of milliseconds, or -1');
    case 'preference':
      return preferences.includes(flat(value)) ? given : refuse('leader, follower, read_only_replica or random');
    default:
      decoded(given);
      return given.includes('?') ? refuse('percent-encoded') : given;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new EventStoreDbAddressError('it holds a % that is not followed by two hexadecimal digits');
  }
}
