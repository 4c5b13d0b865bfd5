import { describeRsvp } from './describe-rsvp';
import type { DecodeResult, Encapsulation, MobileIpExtension, MobileIpMessage } from './messages';
import { isUnreadable } from './messages';

/** A value of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * One line of `decode --json` as a plain object: bigint as a decimal string, bytes as hexadecimal, infinite numbers as
 * "Infinity". A field that a message does not have is left out.
 */
export function describeMessage(result: DecodeResult): { readonly [key: string]: Json } {
  if (isUnreadable(result)) return { frame: result.frame, error: result.error, offset: result.offset };
  const { message } = result;
  return withoutNull({
    frame: result.frame,
    time: formatTime(result.timeNs, result.timeDigits),
    source: result.source,
    destination: result.destination,
    sourcePort: result.sourcePort,
    destinationPort: result.destinationPort,
    tunnels: result.tunnels.length === 0 ? null : result.tunnels.map(describeTunnel),
    protocol: result.protocol,
    message: message.kind,
    ...('messageType' in message ? describeRsvp(message) : describeMobileIp(message)),
    violations: result.violations.map((violation) => ({ ...violation })),
  });
}

function describeMobileIp(message: MobileIpMessage): Record<string, Json> {
  switch (message.kind) {
    case 'registration-request':
    case 'registration-reply': {
      const { kind: _, identification, extensions, ...fields } = message;
      return { ...fields, identification: identification.toString(), extensions: extensions.map(describeExtension) };
    }
    case 'registration-revocation':
    case 'registration-revocation-ack': {
      const { kind: _, extensions, ...fields } = message;
      return { ...fields, extensions: extensions.map(describeExtension) };
    }
    case 'agent-advertisement': {
      const { kind: _, extensions, routerAddresses, registrationLifetimeSeconds, ...fields } = message;
      return {
        ...fields,
        // The lifetime that a registration may ask for: the field word of all registration messages.
        lifetimeSeconds: registrationLifetimeSeconds,
        routerAddresses: routerAddresses.map(({ address, preference }) => ({ address, preference })),
        extensions: extensions.map(describeExtension),
      };
    }
    case 'agent-solicitation':
      return { code: message.code };
  }
}

function describeExtension({ type, name, skippable, subType, spi, bytes }: MobileIpExtension): Json {
  return withoutNull({ type, name, skippable, subType, spi, bytes: toHex(bytes) });
}

function describeTunnel({ kind, source, destination, key, ports }: Encapsulation): Json {
  return withoutNull({ kind, source, destination, key, sourcePort: ports?.source ?? null, destinationPort: ports?.destination ?? null });
}

export function withoutNull(fields: Readonly<Record<string, Json>>): { readonly [key: string]: Json } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** RFC 3339 in UTC, with as many digits of a second as the clock of the capture has. */
export function formatTime(timeNs: bigint, digits: number): string {
  const fraction = ((timeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const milliseconds = (timeNs - fraction) / 1_000_000n;
  // A clock of pcapng can be told to be anywhere; what Date cannot show is shown as its bounds.
  const bounded = Math.max(-8.64e15, Math.min(8.64e15, Number(milliseconds)));
  const whole = new Date(bounded).toISOString().slice(0, -5);
  return digits === 0 ? `${whole}Z` : `${whole}.${fraction.toString().padStart(9, '0').slice(0, digits)}Z`;
}
