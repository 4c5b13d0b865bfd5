/**
 * Whether an agent lost its state between two advertisements (RFC 5944 §2.3.2): it begins its sequence numbers anew at 0, while behind
 * 65535 comes 256. A number that fell to 256 or above rolled over, or its advertisement is late.
 */
export function hasRebooted(before: number, now: number): boolean {
  return now < before && now < 256;
}
