/** RFC 2746 §3.1: rsvp-encap-1. */
export const tunnelPort = 363;

export function tunnelKey(source: string, sourcePort: number): string {
  return `${source} ${sourcePort}`;
}

export function endToEndKey(mobileNode: string, protocol: number, destinationPort: number): string {
  return `${protocol} ${destinationPort} ${mobileNode}`;
}
