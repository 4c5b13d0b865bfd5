import type { MobileIpMessage, Violation } from '../messages';

export interface DecodedMobileIp {
  readonly message: MobileIpMessage;
  readonly identity: Uint8Array;
  readonly violations: readonly Violation[];
}
