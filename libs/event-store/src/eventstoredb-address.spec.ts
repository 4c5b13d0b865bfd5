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

  it.each([
    ['no host', 'esdb://?tls=false'],
    ['another scheme', 'http://127.0.0.1:2113'],
    ['TLS without a user', 'esdb://127.0.0.1:2113'],
    ['an unknown option', 'esdb://u:hush@127.0.0.1:2113?tsl=false'],
    ['an option of the client that would be ignored', 'esdb://u:hush@127.0.0.1:2113?tlsVerifyCert=false'],
    ['an option without a value', 'esdb://127.0.0.1:2113?tls='],
    ['half a percent sign', 'esdb://u:hush%@127.0.0.1:2113'],
    ['a prefix of the node itself', 'esdb://127.0.0.1:2113?tls=false&streamPrefix=$x'],
  ])('refuses %s, without telling the password', (_, address) => {
    expect(() => parseEventStoreDbAddress(address)).toThrow(EventStoreDbAddressError);
    expect(() => parseEventStoreDbAddress(address)).not.toThrow(/hush/);
  });
});
