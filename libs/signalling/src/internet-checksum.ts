/**
 * The sum of RFC 1071 before it is complemented: 16-bit big-endian words in ones' complement, an odd last byte padded with
 * zero. `start` is the sum of what comes before (a pseudo-header), which must have been an even number of bytes.
 */
export function onesComplementSum(bytes: Uint8Array, start = 0): number {
  let sum = start;
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (even < bytes.length) sum += bytes[even]! << 8;
  // 2^16 words of 2^16 stay far below 2^53, so the carries are folded once, at the end.
  while (sum > 0xffff) sum = Math.floor(sum / 0x1_0000) + (sum & 0xffff);
  return sum;
}

/** The checksum field for bytes whose own checksum field is zero. */
export function internetChecksum(bytes: Uint8Array, start = 0): number {
  return ~onesComplementSum(bytes, start) & 0xffff;
}

/** Whether bytes that include their checksum field add up (the sum is all ones). */
export function isInternetChecksumCorrect(bytes: Uint8Array, start = 0): boolean {
  return onesComplementSum(bytes, start) === 0xffff;
}
