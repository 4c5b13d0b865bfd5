/** What the path advertised of itself in a PATH message, as it was seen (ADSPEC: RFC 2210 §3.3, RFC 2215). */
import type { WireFloat } from './flow';

/** Null: the message did not carry it. */
export interface Adspec {
  /** RSVP_HOP of the PATH: each router composes its own and sends it on, so that one path shows another ADSPEC on each link. */
  readonly previousHop?: string;
  /** A hop on the way does not know IntServ: what follows may be wrong. */
  readonly breakBit: boolean;
  /** IntServ hops so far. */
  readonly hops: number | null;
  /** Composed path bandwidth, bytes/s. */
  readonly bandwidth: WireFloat | null;
  readonly latencyMicroseconds: number | null;
  /** Bytes. */
  readonly pathMtu: number | null;
  /** RFC 2212: C in bytes, D in µs; composed over the path, and since the last reshaping. */
  readonly guaranteed: {
    readonly breakBit: boolean;
    readonly Ctot: number | null;
    readonly Dtot: number | null;
    readonly Csum: number | null;
    readonly Dsum: number | null;
  } | null;
  readonly controlledLoad: { readonly breakBit: boolean } | null;
}

export function wireFloat(value: number): WireFloat {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : (String(value) as WireFloat);
}

/** Links of one path that are told apart; more than captures see. */
const maximumHops = 8;

/** What each previous hop advertised last, the last one behind. */
export function withAdspec(known: readonly Adspec[], adspec: Adspec): readonly Adspec[] {
  return [...known.filter(({ previousHop }) => previousHop !== adspec.previousHop), adspec].slice(-maximumHops);
}

export function isNewAdspec(known: readonly Adspec[], adspec: Adspec): boolean {
  return !isSameAdspec(known.find(({ previousHop }) => previousHop === adspec.previousHop) ?? null, adspec);
}

function isSameAdspec(a: Adspec | null, b: Adspec): boolean {
  if (a === null) return false;
  const { guaranteed: x, controlledLoad: p } = a;
  const { guaranteed: y, controlledLoad: q } = b;
  const sameGuaranteed =
    x === null || y === null
      ? x === y
      : x.breakBit === y.breakBit && x.Ctot === y.Ctot && x.Dtot === y.Dtot && x.Csum === y.Csum && x.Dsum === y.Dsum;
  return (
    a.breakBit === b.breakBit && a.hops === b.hops && a.bandwidth === b.bandwidth && a.latencyMicroseconds === b.latencyMicroseconds &&
    a.pathMtu === b.pathMtu && sameGuaranteed && p?.breakBit === q?.breakBit
  );
}
