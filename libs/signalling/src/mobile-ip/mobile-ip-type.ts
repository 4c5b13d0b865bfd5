/** Message types on UDP port 434 that are read. */
export const MobileIpType = {
  REGISTRATION_REQUEST: 1,
  REGISTRATION_REPLY: 3,
  TUNNEL_DATA: 4,
  REGISTRATION_REVOCATION: 7,
  REGISTRATION_REVOCATION_ACK: 15,
} as const;

/** Registered types that are told apart by name, not read: IANA "Mobile IP Message Types". */
export const otherMobileIpTypes: ReadonlyMap<number, string> = new Map([
  [16, 'handoff request'],
  [17, 'handoff reply'],
  [18, 'regional registration request'],
  [19, 'regional registration reply'],
  [20, 'fast binding update'],
  [21, 'fast binding acknowledgement'],
  [22, 'generic notification'],
  [23, 'generic notification acknowledgement'],
  [24, 'home test init'],
  [25, 'care-of test init'],
  [26, 'home test'],
  [27, 'care-of test'],
  [255, 'experimental message'],
]);
