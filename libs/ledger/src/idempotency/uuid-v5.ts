import { hash } from 'node:crypto';

/**
 * A UUID that follows from a name (RFC 9562 §5.5), in lower case.
 * @param namespace a UUID
 */
export function uuidV5(name: string, namespace: string): string {
  const input = Buffer.allocUnsafe(16 + Buffer.byteLength(name));
  input.write(namespace.replaceAll('-', ''), 0, 16, 'hex');
  input.write(name, 16);
  const digest = hash('sha1', input, 'hex');
  // Version 5, and the variant: the two highest bits of the ninth byte are 10.
  const variant = ((Number.parseInt(digest[16]!, 16) & 0x3) | 0x8).toString(16);
  // Joined, not concatenated: one flat text in place of a tree of its parts, which every index would flatten again.
  return [digest.slice(0, 8), digest.slice(8, 12), `5${digest.slice(13, 16)}`, variant + digest.slice(17, 20), digest.slice(20, 32)].join('-');
}
