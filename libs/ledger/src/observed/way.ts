import type { DecodedMessage } from '#signalling';

/**
 * Between which two nodes a message was seen, where several may send the same bytes to one: a RESV and its tear go to the router at which
 * they merge, each next hop's by itself (RFC 2205 §2.2). Empty: of any other message, whose bytes tell it.
 */
export function wayOf({ message, destination }: DecodedMessage): string {
  if (!('messageType' in message) || message.hop === null) return '';
  return message.kind === 'resv' || message.kind === 'resv-tear' ? `${message.hop.address} ${destination}` : '';
}

/**
 * Whether a message that was seen on these ways may have come this one too: further up or down, where each router puts its own hop in the
 * place of the one before. What another hop sends to the same node is another message.
 */
export function mayHaveCome(ways: readonly string[], way: string): boolean {
  if (way === '') return true;
  const [hop, node] = way.split(' ');
  return ways.every((seen) => {
    const [seenHop, seenNode] = seen.split(' ');
    return seenNode !== node || seenHop === hop;
  });
}
