import { denialSentence, isAccepted, replyCode, type ReplyCodeOrigin } from './reply-codes';

/** As the RFCs list them, a line a code. */
const lists: readonly (readonly [rfc: string, ReplyCodeOrigin, codes: string])[] = [
  ['RFC 5944 §3.4, registration successful', 'accepted', `
    0 registration accepted
    1 registration accepted, but simultaneous mobility bindings unsupported`],
  ['RFC 5944 §3.4, registration denied by the foreign agent', 'foreign-agent', `
    64 reason unspecified
    65 administratively prohibited
    66 insufficient resources
    67 mobile node failed authentication
    68 home agent failed authentication
    69 requested lifetime too long
    70 poorly formed request
    71 poorly formed reply
    72 requested encapsulation unavailable
    73 reserved and unavailable
    77 invalid care-of address
    78 registration timeout
    80 home network unreachable
    81 home agent host unreachable
    82 home agent port unreachable
    88 home agent unreachable
    194 invalid home agent address`],
  ['RFC 5944 §3.4, registration denied by the home agent', 'home-agent', `
    128 reason unspecified
    129 administratively prohibited
    130 insufficient resources
    131 mobile node failed authentication
    132 foreign agent failed authentication
    133 registration identification mismatch
    134 poorly formed request
    135 too many simultaneous mobility bindings
    136 unknown home agent address`],
  ['RFC 3024, reverse tunnels, foreign agent', 'foreign-agent', `
    74 requested reverse tunnel unavailable
    75 reverse tunnel is mandatory and T bit not set
    76 mobile node too distant
    79 delivery style not supported`],
  ['RFC 3024, reverse tunnels, home agent', 'home-agent', `
    137 requested reverse tunnel unavailable
    138 reverse tunnel is mandatory and T bit not set
    139 requested encapsulation unavailable`],
  ['RFC 2794, the NAI', 'foreign-agent', `
    96 nonzero home address required
    97 missing NAI
    98 missing home agent
    99 missing home address`],
  ['RFC 3115, vendor extensions, foreign agent', 'foreign-agent', `
    89 vendor specific reason
    100 unable to interpret vendor extension sent by the mobile node
    101 unable to interpret vendor extension sent by the home agent`],
  ['RFC 3115, vendor extensions, home agent', 'home-agent', `
    140 unable to interpret vendor extension sent by the mobile node
    141 unable to interpret vendor extension sent by the foreign agent`],
  ['RFC 4721 and RFC 3957, challenge and keys, foreign agent', 'foreign-agent', `
    104 unknown challenge
    105 missing challenge
    106 stale challenge
    107 missing mobile-foreign key generation nonce reply
    108 mobile node failed AAA authentication
    109 home agent sent wrong challenge in reply`],
  ['RFC 4721, home agent', 'home-agent', '144 mobile node failed AAA authentication'],
  ['RFC 4433, assignment of a home agent', 'foreign-agent', '90 nonzero home agent address required'],
  ['RFC 4433, redirection to another', 'home-agent', '143 register with redirected home agent'],
  ['RFC 3519, NAT', 'home-agent', '142 requested UDP tunnel encapsulation unavailable'],
  ['RFC 5563, proxies', 'home-agent', `
    149 proxy registrations not supported
    150 proxy registrations administratively prohibited`],
  ['RFC 4064, experiments, foreign agent', 'foreign-agent', '127 experimental use'],
  ['RFC 4064, experiments, home agent', 'home-agent', '192 experimental use'],
];

const listed = lists.map(([rfc, origin, codes]) => {
  const lines = codes.trim().split('\n').map((line) => /^ *(\d+) (.+)$/.exec(line)!);
  return [rfc, origin, lines.map(([, code, name]) => ({ code: Number(code), origin, name }))] as const;
});

describe('codes of registration replies', () => {
  test.each(listed)('are those of %s (%s)', (_rfc, _origin, codes) => {
    expect(codes.map(({ code }) => replyCode(code))).toEqual(codes);
  });
  test('any other is unassigned, and classified by its range (RFC 5944 §6.4): nobody has 2 to 63 and those above 200, a gateway foreign agent 193 to 200', () => {
    const known = new Set(listed.flatMap(([, , codes]) => codes.map(({ code }) => code)));
    for (let code = 0; code < 256; code++) {
      if (known.has(code)) continue;
      const origin = code <= 63 || code > 200 ? 'nobody' : code <= 127 ? 'foreign-agent' : code <= 192 ? 'home-agent' : 'gateway-foreign-agent';
      expect(replyCode(code)).toEqual({ code, origin, name: 'unassigned' });
    }
  });
  test.each([
    [2, 'The code 2 is unassigned: it accepts nothing (RFC 5944 §3.4).'],
    [63, 'The code 63 is unassigned: it accepts nothing (RFC 5944 §3.4).'],
    [66, 'The foreign agent answered 66, insufficient resources.'],
    [133, 'The home agent answered 133, registration identification mismatch.'],
    [194, 'The foreign agent answered 194, invalid home agent address.'],
    [195, 'The gateway foreign agent answered 195, unassigned.'],
    [201, 'The code 201 is unassigned: it accepts nothing (RFC 5944 §3.4).'],
  ])('a denial with %d says who denied', (code, sentence) => {
    expect(denialSentence(code)).toBe(sentence);
  });
  test('only 0 and 1 accept', () => {
    expect(Array.from({ length: 256 }, (_, code) => code).filter(isAccepted)).toEqual([0, 1]);
  });
});
