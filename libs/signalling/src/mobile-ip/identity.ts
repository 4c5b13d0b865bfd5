import { Extension } from './extension-types';
import type { PlacedExtension } from './extensions';

/**
 * The bytes by which a registration message is known on every link that it crosses. An agent may add and strip extensions
 * behind the mobile-home authentication (RFC 5944 §3.7.2.2), so what follows it does not count; without that extension only an
 * NAI in front does. Of the identification only the low-order 32 bits count: they tell a request and its reply apart from all
 * others of a node (§5.7), and there are agents that replace the upper half with a number of their own on the way.
 *
 * `base`, and the ends of fields, are offsets as the reader of the payload counts them.
 */
export function identityOf(
  payload: Uint8Array,
  base: number,
  fixedEnd: number,
  extensions: readonly PlacedExtension[],
  identificationOffset: number,
): Uint8Array {
  const identity = new Uint8Array(payload.subarray(0, (protectedEnd(extensions) ?? fixedEnd) - base));
  identity.fill(0, identificationOffset, identificationOffset + 4);
  return identity;
}

function protectedEnd(extensions: readonly PlacedExtension[]): number | null {
  const authentication = extensions.find(({ extension }) => extension.type === Extension.MOBILE_HOME_AUTHENTICATION);
  if (authentication !== undefined) return authentication.end;
  const first = extensions[0];
  return first?.extension.type === Extension.MOBILE_NODE_NAI ? first.end : null;
}
