import { EventStoreDBClient } from '@eventstore/db-client';
import { EventStoreDbAddressError, parseEventStoreDbAddress } from './eventstoredb-address';

describe('parseEventStoreDbAddress', () => {
  it('takes one node without TLS', () => {
    expect(parseEventStoreDbAddress('esdb://127.0.0.1:2113?tls=false')).toEqual({
      connectionString: 'esdb://127.0.0.1:2113?tls=false',
      credentials: { username: 'ledger', password: 'ledger' },
      streamPrefix: '',
      printable: 'esdb://127.0.0.1:2113?tls=false',
    });
  });

  it('takes a cluster with TLS and credentials, and hides the password', () => {
    const address = parseEventStoreDbAddress('kurrentdb+discover://ledger:p%40ss@n1:2113,n2:2113/?tlsCAFile=/etc/ca.pem&streamPrefix=site%201.');
    expect(address).toEqual({
      connectionString: 'esdb+discover://ledger:p%40ss@n1:2113,n2:2113?tlsCAFile=/etc/ca.pem&gossipTimeout=1',
      credentials: { username: 'ledger', password: 'p@ss' },
      streamPrefix: 'site 1.',
      printable: 'esdb+discover://ledger:***@n1:2113,n2:2113?tlsCAFile=/etc/ca.pem&gossipTimeout=1',
    });
  });

  it('takes what connection strings usually hold, and drops what the ledger says itself', () => {
    const usual = 'throwOnAppendFailure=false&defaultDeadline=60000&tlsVerifyCert=TRUE&TLS=False&keepAliveInterval=-1&nodePreference=Leader';
    expect(parseEventStoreDbAddress(`esdb://node-1.example:2113?${usual}`).connectionString).toBe('esdb://node-1.example:2113?tls=false&keepAliveInterval=-1&nodePreference=Leader');
    expect(parseEventStoreDbAddress('esdb://u:p@cluster?dnsDiscover=true').connectionString).toBe('esdb+discover://u:p@cluster?gossipTimeout=1');
    expect(parseEventStoreDbAddress('esdb+discover://u:p@a,b?dnsDiscover=false').connectionString).toBe('esdb://u:p@a,b?gossipTimeout=1');
  });

  it.each([
    ['usual', 'esdb://u:p@a:2113,b?tls=TRUE&keepAliveInterval=10000&keepAliveTimeout=-1&nodePreference=read_only_replica&connectionName=l%201&maxDiscoverAttempts=3'],
    ['alone', 'esdb://127.0.0.1?tls=false&defaultDeadline=1&throwOnAppendFailure=true&dnsDiscover=false'],
  ])('says to the client what that takes without a word: %s', (_, address) => {
    const warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(() => EventStoreDBClient.connectionString(parseEventStoreDbAddress(address).connectionString)).not.toThrow();
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  it.each([
    ['tlsVerifyCert=false', 'esdb://u:hush@a:2113?tlsVerifyCert=false', 'not supported by the client; give tlsCAFile'],
    ['an IPv6 address', 'esdb://[::1]:2113?tls=false', 'an IPv6 address, which the client does not read; give a host name'],
    ['an IPv6 address without brackets', 'esdb://::1?tls=false', 'an IPv6 address'],
  ])('refuses %s with a sentence of its own', (_, address, sentence) => {
    expect(() => parseEventStoreDbAddress(address)).toThrow(sentence);
  });

  it.each([
    ['no host', 'esdb://?tls=false'],
    ['another scheme', 'http://127.0.0.1:2113'],
    ['TLS without a user', 'esdb://127.0.0.1:2113'],
    ['an unknown option', 'esdb://u:hush@127.0.0.1:2113?tsl=false'],
    ['an option of the client that would be ignored', 'esdb://u:hush@127.0.0.1:2113?tlsVerifyCert=false'],
    ['a flag that is neither', 'esdb://u:hush@127.0.0.1:2113?tls=no'],
    ['a number that is none', 'esdb://u:hush@127.0.0.1:2113?keepAliveInterval=abc'],
    ['a number with a unit', 'esdb://u:hush@127.0.0.1:2113?gossipTimeout=10s'],
    ['a number below those that there are', 'esdb://u:hush@127.0.0.1:2113?keepAliveTimeout=-2'],
    ['a deadline that is none, though it is not used', 'esdb://u:hush@127.0.0.1:2113?defaultDeadline=soon'],
    ['a preference that nobody knows', 'esdb://u:hush@127.0.0.1:2113?nodePreference=nearest'],
    ['a question mark in a value', 'esdb://u:hush@127.0.0.1:2113?tlsCAFile=/a?b'],
    ['a port that is none', 'esdb://u:hush@127.0.0.1:70000'],
    ['a host that is none', 'esdb://u:hush@a,,b'],
    ['an option without a value', 'esdb://127.0.0.1:2113?tls='],
    ['half a percent sign', 'esdb://u:hush%@127.0.0.1:2113'],
    ['a prefix of the node itself', 'esdb://127.0.0.1:2113?tls=false&streamPrefix=$x'],
  ])('refuses %s, without telling the password', (_, address) => {
    expect(() => parseEventStoreDbAddress(address)).toThrow(EventStoreDbAddressError);
    expect(() => parseEventStoreDbAddress(address)).not.toThrow(/hush/);
  });
});
