import type { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import type { MobileIpExtension, Violation } from '../messages';
import { Extension, type ExtensionType, isSkippable, registrationExtensions } from './extension-types';

/** An extension and where it ends in the message, which decides how much of a message identifies it. */
export interface PlacedExtension {
  readonly extension: MobileIpExtension;
  readonly end: number;
}

/** Reads extensions to the end of the message. Those of RFC 5944 and later are told by `types`, the others are kept unread. */
export function readExtensions(reader: ByteReader, types = registrationExtensions): PlacedExtension[] {
  const extensions: PlacedExtension[] = [];
  while (reader.remaining > 0) {
    const extension = readExtension(reader, types);
    extensions.push({ extension, end: reader.offset });
  }
  return extensions;
}

function readExtension(reader: ByteReader, types: ReadonlyMap<number, ExtensionType>): MobileIpExtension {
  const type = reader.u8('extension type');
  const known = types.get(type);
  const name = known?.name ?? 'unknown';
  const skippable = isSkippable(type);
  if (name === 'one-byte-padding') return { type, name, skippable, subType: null, spi: null, bytes: new Uint8Array(0) };
  const isLong = known?.layout === 'long';
  const longSubType = isLong ? reader.u8('extension sub-type') : null;
  const length = isLong ? reader.u16('extension length') : reader.u8('extension length');
  const bytes = reader.bytes(length, `extension ${type}`);
  const subType = isLong ? longSubType : known?.layout === 'short' ? (bytes[0] ?? null) : null;
  return { type, name, skippable, subType, spi: securityParameterIndex(type, types, bytes), bytes };
}

/** The first 32 bits of every authentication extension, RFC 5944 §3.5 and RFC 4721 §5. */
function securityParameterIndex(type: number, types: ReadonlyMap<number, ExtensionType>, bytes: Uint8Array): number | null {
  if (types !== registrationExtensions || !isAuthentication(type) || bytes.length < 4) return null;
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

function isAuthentication(type: number): boolean {
  return type >= Extension.MOBILE_HOME_AUTHENTICATION && type <= Extension.GENERALIZED_AUTHENTICATION && type !== 35;
}

export function writeExtensions(writer: ByteWriter, extensions: readonly MobileIpExtension[], types = registrationExtensions): void {
  for (const { type, subType, bytes, name } of extensions) {
    writer.u8(type);
    if (name === 'one-byte-padding') continue;
    if (types.get(type)?.layout === 'long') writer.u8(subType ?? 0).u16(bytes.length);
    else writer.u8(bytes.length);
    writer.bytes(bytes);
  }
}

/** The extensions of a message that is about to be sent: its NAI first, where the list does not hold it already. */
export function extensionsToSend(nai: string | null, extensions: readonly MobileIpExtension[]): readonly MobileIpExtension[] {
  if (nai === null || extensions.some(({ type }) => type === Extension.MOBILE_NODE_NAI)) return extensions;
  return [naiExtension(nai), ...extensions];
}

export function naiExtension(nai: string): MobileIpExtension {
  return buildExtension(Extension.MOBILE_NODE_NAI, new TextEncoder().encode(nai));
}

/** An authentication extension of types 32 to 34. */
export function authenticationExtension(type: 32 | 33 | 34, spi: number, authenticator: Uint8Array): MobileIpExtension {
  return buildExtension(type, new ByteWriter().u32(spi).bytes(authenticator).finish());
}

/** RFC 5845: the key that the tunnel of this registration is to carry. */
export function greKeyExtension(key: number): MobileIpExtension {
  return buildExtension(Extension.GRE_KEY, new ByteWriter(4).u32(key).finish());
}

/** Any extension of the registration number space; `bytes` is the value behind type and length, as in `MobileIpExtension`. */
export function buildExtension(type: number, bytes: Uint8Array, subType: number | null = null): MobileIpExtension {
  const known = registrationExtensions.get(type);
  const told = known?.layout === 'long' ? (subType ?? 0) : known?.layout === 'short' ? (bytes[0] ?? null) : null;
  const spi = securityParameterIndex(type, registrationExtensions, bytes);
  return { type, name: known?.name ?? 'unknown', skippable: isSkippable(type), subType: told, spi, bytes };
}

/** As many octets an NAI may have (RFC 4282 §2.2). */
export const maximumNaiBytes = 253;
/** What may stand in an NAI: UTF-8 (RFC 4282 §2.1, RFC 7542 §2.2), never controls, formats, private use or spaces (RFC 4013 §2.3). */
export const naiPattern = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}]{1,253}$/u;

/** The NAI of the first NAI extension. */
export function readNai(extensions: readonly MobileIpExtension[], violations: Violation[]): string | null {
  const found = extensions.find(({ type }) => type === Extension.MOBILE_NODE_NAI);
  if (found === undefined) return null;
  const text = decodeUtf8(found.bytes);
  if (text !== null && found.bytes.length <= maximumNaiBytes && naiPattern.test(text)) return text;
  violations.push({ name: 'nai-malformed', detail: `the NAI extension holds ${found.bytes.length} bytes that are no NAI (RFC 2794 §2)` });
  return null;
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Whether an authenticator is right only its keys tell, and whoever has them answers with codes 67, 68, 131 or 132; its shape is seen here. */
export function authenticationViolations(extensions: readonly MobileIpExtension[]): Violation[] {
  const malformed = extensions.filter(({ type, bytes }) => isAuthentication(type) && bytes.length <= 4);
  const mobileHome = extensions.filter(({ type }) => type === Extension.MOBILE_HOME_AUTHENTICATION);
  return [
    ...malformed.map(({ name, bytes }) => ({
      name: 'authentication-extension-malformed', detail: `the ${name} extension has ${bytes.length} bytes: no SPI, or no authenticator behind it (RFC 5944 §3.5.1)`,
    })),
    ...(mobileHome.length > 1 ? [{ name: 'authentication-extension-repeated', detail: `${mobileHome.length} mobile-home authentication extensions (RFC 5944 §3.5.2)` }] : []),
  ];
}

export function unknownExtensionViolations(extensions: readonly MobileIpExtension[]): Violation[] {
  return extensions
    .filter(({ name, skippable }) => name === 'unknown' && !skippable)
    .map(({ type }) => ({ name: 'unknown-critical-extension', detail: `extension ${type} is unknown and may not be skipped (RFC 5944 §1.9)` }));
}
