/** Turns the two 32-bit halves of a time as a capture stores it into nanoseconds since 1970. */
export interface CaptureClock {
  /** Digits of the fraction of a second that this clock tells: 6 for microseconds, 9 for nanoseconds. */
  readonly digits: number;
  toNanoseconds(high: number, low: number): bigint;
}

const NANOSECONDS = 1_000_000_000n;

/** pcap: `high` is seconds, `low` micro- or nanoseconds within the second. */
export function pcapClock(digits: 6 | 9): CaptureClock {
  const unit = digits === 6 ? 1000n : 1n;
  return { digits, toNanoseconds: (high, low) => BigInt(high) * NANOSECONDS + BigInt(low) * unit };
}

/**
 * pcapng: one 64-bit number of units since 1970. `resolution` is the byte of the option if_tsresol: a negative power of 10, or
 * of 2 where the highest bit is set. `offsetSeconds` is the option if_tsoffset. Finer units than nanoseconds are cut off.
 */
export function pcapngClock(resolution = 6, offsetSeconds = 0n): CaptureClock {
  const exponent = resolution & 0x7f;
  const unitsPerSecond = (resolution & 0x80) === 0 ? 10n ** BigInt(exponent) : 2n ** BigInt(exponent);
  return {
    // 2^-k has exactly k decimal digits.
    digits: Math.min(9, exponent),
    toNanoseconds(high, low) {
      const units = (BigInt(high) << 32n) | BigInt(low);
      return offsetSeconds * NANOSECONDS + (units * NANOSECONDS) / unitsPerSecond;
    },
  };
}
